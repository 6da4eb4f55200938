// Applications, approval, issuance, renewal, suspension, revocation and their cascades, under rules of who may ask.
export {};

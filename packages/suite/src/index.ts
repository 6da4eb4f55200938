// The proof-suite contract and the suites: JOSE vc+jwt and vp+jwt, SD-JWT VC with key binding.
export {};

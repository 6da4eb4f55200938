// OpenID4VCI and OpenID4VP messages, challenges and DCQL; parse and build only.
export {};

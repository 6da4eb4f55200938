// Koa middleware: transport in, verify, decide, record, grant, HTTP mapping.
export {};

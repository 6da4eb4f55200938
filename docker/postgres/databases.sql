-- One database for each program: none can read another's keys or people.
CREATE DATABASE issuer;
CREATE DATABASE wallet;
CREATE DATABASE marketplace;
CREATE DATABASE ledger_gate;

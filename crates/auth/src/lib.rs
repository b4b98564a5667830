//! Tokens and proofs: SAT, embed, guest and refresh tokens, DPoP: making and checking.

//! The REST interface as a client sees it: a real server on ports the system chose, real HTTP, a directory of its own
//! for each test.
mod budgets;
mod devices;
mod directory;
mod embeds;
mod frames;
mod invites;
mod manage;
mod proof;
mod revocation;
mod serving;
mod sign_in;
mod support;
mod tokens;
mod wire;

//! The client engine compiled to WebAssembly for the JavaScript SDK.

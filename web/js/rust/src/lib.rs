//! The client engine compiled to WebAssembly, for the JavaScript SDK.
//!
//! Only strings and numbers cross the boundary; what they mean is told in [`codec`]. The driver is TypeScript: it
//! executes outputs and reports inputs, and decides nothing.
pub mod codec;

use offhook_core::clock::Now;
use offhook_core::engine::Engine as CoreEngine;
use wasm_bindgen::prelude::wasm_bindgen;

/// The engine, as JavaScript sees it.
#[wasm_bindgen]
pub struct Engine {
    core: CoreEngine,
}

#[wasm_bindgen]
impl Engine {
    /// `config` is JSON (see [`codec`]), `seed` 64 hexadecimal digits of chance.
    #[wasm_bindgen(constructor)]
    pub fn new(config: &str, seed: &str, mono_ms: f64, wall_ms: f64) -> Engine {
        Engine {
            core: CoreEngine::new(
                codec::config(config),
                codec::seed(seed),
                now(mono_ms, wall_ms),
            ),
        }
    }

    /// Takes one input as JSON. False when it is none that is known; nothing has happened then.
    pub fn handle(&mut self, mono_ms: f64, wall_ms: f64, input: &str) -> bool {
        match codec::input(input) {
            Some(input) => {
                self.core.handle(now(mono_ms, wall_ms), input);
                true
            }
            None => false,
        }
    }

    /// The next output as JSON.
    pub fn poll(&mut self) -> Option<String> {
        self.core.poll().map(codec::output)
    }

    /// When `{"tick":{}}` is due at the latest, on the monotonic clock; -1 for never.
    pub fn deadline(&self) -> f64 {
        self.core.deadline().map_or(-1.0, |at| at as f64)
    }
}

fn now(mono_ms: f64, wall_ms: f64) -> Now {
    Now {
        mono_ms: mono_ms as u64,
        wall_ms: wall_ms as u64,
    }
}

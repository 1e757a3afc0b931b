//! The simulator for pages and Node: wasm-bindgen exports over [`world::World`].
//!
//! **Invariant.** Nothing about a game is decided here. Numbers of 64 bits cross as text: hashes as 16 hexadecimal digits,
//! seeds in decimal; places in a text cross as UTF-16 offsets.
#![deny(unsafe_code)]

mod describe;
mod error;
mod world;

pub use describe::{Description, Note, check, version};
pub use error::Refusal;
pub use world::{Difference, Fact, Options, Status, View, World};

use js_sys::{Array, Int32Array, JSON, Object, Reflect, Uint8Array};
use serde::Serialize;
use wasm_bindgen::prelude::*;

#[wasm_bindgen(typescript_custom_section)]
const TYPES: &str = include_str!("types.d.ts");

/// Runs when the module starts: a panic leaves its message and place in `globalThis.commonwealPanic`, for the page to show
/// after the trap that follows.
#[wasm_bindgen(start)]
pub fn start() {
    std::panic::set_hook(Box::new(|info| {
        // Nothing more can be done if the global object is frozen.
        let _ = Reflect::set(
            &js_sys::global(),
            &"commonwealPanic".into(),
            &info.to_string().into(),
        );
    }));
}

/// `{rules, package}`: version of the rules and of this package.
#[wasm_bindgen(js_name = version, unchecked_return_type = "Version")]
pub fn js_version() -> Result<JsValue, JsValue> {
    plain(&version())
}

/// All errors and warnings of a scenario text, in its order; an empty list when there are none.
#[wasm_bindgen(js_name = check, unchecked_return_type = "Diagnostic[]")]
pub fn js_check(text: &str, file: &str) -> Result<JsValue, JsValue> {
    plain(&check(text, file))
}

/// A statistic or measure of plain arrays by name, as Python's `cw.stats` and `cw.measures` have them: arguments by name, a number, a
/// list or a record as answer. Throws an `Error` whose sentence names the argument that does not fit.
#[wasm_bindgen(js_name = statistic, unchecked_return_type = "unknown")]
pub fn js_statistic(
    name: &str,
    #[wasm_bindgen(unchecked_param_type = "Record<string, unknown>")] arguments: &JsValue,
) -> Result<JsValue, JsValue> {
    let text = JSON::stringify(arguments)
        .map(String::from)
        .unwrap_or_default();
    let arguments: serde_json::Map<String, serde_json::Value> = serde_json::from_str(&text)
        .map_err(|error| thrown(&Refusal::wrong(format!("the arguments of {name}: {error}"))))?;
    let answer = commonweal_core::measures::plain::call(name, &arguments)
        .map_err(|error| thrown(&Refusal::wrong(error.to_string())))?;
    plain(&answer)
}

/// Arenas of one scenario, one for each arm on show, stepped together.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Simulation {
    world: World,
    frame: Vec<u8>,
}

#[wasm_bindgen]
impl Simulation {
    /// Builds the arenas. `options`: see [`Options`]. Throws an `Error` with a sentence, and with `diagnostics` where the text
    /// is at fault.
    #[wasm_bindgen(constructor)]
    pub fn new(
        text: &str,
        file: &str,
        #[wasm_bindgen(unchecked_param_type = "SimulationOptions")] options: &JsValue,
    ) -> Result<Simulation, JsValue> {
        let options = JSON::stringify(options)
            .map(String::from)
            .unwrap_or_default();
        let options: Options = serde_json::from_str(&options).map_err(|error| {
            thrown(&Refusal::wrong(format!(
                "the options of a simulation: {error}"
            )))
        })?;
        let world = World::new(text, file, options).map_err(|error| thrown(&error))?;
        Ok(Self {
            world,
            frame: Vec::new(),
        })
    }

    /// What the file declares and what is on show, as [`Description`].
    #[wasm_bindgen(unchecked_return_type = "Description")]
    pub fn describe(&self) -> Result<JsValue, JsValue> {
        plain(&self.world.describe())
    }

    /// Steps every arena so many times, each at most to its end.
    pub fn step(&mut self, ticks: u32) -> Result<(), JsValue> {
        self.world.step(ticks).map_err(|error| thrown(&error))
    }

    /// Goes to a tick, from the nearest keyframe before it.
    pub fn seek(&mut self, tick: u32) -> Result<(), JsValue> {
        self.world.seek(tick).map_err(|error| thrown(&error))
    }

    /// Ticks done in the arena's episode.
    pub fn tick(&self, arena: usize) -> Result<u32, JsValue> {
        self.world.tick(arena).map_err(|error| thrown(&error))
    }

    /// How the arena's episode stands, as [`Status`].
    #[wasm_bindgen(unchecked_return_type = "ArenaStatus")]
    pub fn status(&self, arena: usize) -> Result<JsValue, JsValue> {
        self.world
            .status(arena)
            .map_err(|error| thrown(&error))
            .and_then(|status| plain(&status))
    }

    /// `u8[height, width, 8]`: the words of the map. A view into the engine's memory: copy it before the next call.
    pub fn frame(&mut self, arena: usize) -> Result<Uint8Array, JsValue> {
        self.world
            .frame(arena, &mut self.frame)
            .map_err(|error| thrown(&error))?;
        #[expect(unsafe_code, reason = "a copy on every frame would be made twice")]
        // SAFETY: the view is read only in JavaScript, before the next call into this module can move or free the buffer; if
        // the memory grows first, JavaScript sees a detached, empty view and Rust is not involved.
        let view = unsafe { Uint8Array::view(&self.frame) };
        Ok(view)
    }

    /// Facts of the ticks of the last step, with captions, as [`Fact`]s.
    #[wasm_bindgen(unchecked_return_type = "WorldEvent[]")]
    pub fn events(&self, arena: usize) -> Result<JsValue, JsValue> {
        self.world
            .facts(arena)
            .map_err(|error| thrown(&error))
            .and_then(|facts| plain(&facts))
    }

    /// The arena's state hash, 16 hexadecimal digits.
    pub fn hash_hex(&mut self, arena: usize) -> Result<String, JsValue> {
        self.world.hash_hex(arena).map_err(|error| thrown(&error))
    }

    /// Hash of each column of an arena, by name.
    #[wasm_bindgen(unchecked_return_type = "Record<string, string>")]
    pub fn column_hashes(&mut self, arena: usize) -> Result<JsValue, JsValue> {
        self.world
            .column_hashes(arena)
            .map_err(|error| thrown(&error))
            .and_then(|hashes| plain(&hashes))
    }

    /// Everything of one arena.
    pub fn snapshot(&mut self, arena: usize) -> Result<Vec<u8>, JsValue> {
        self.world.snapshot(arena).map_err(|error| thrown(&error))
    }

    /// Puts a snapshot of the same scenario and arm into an arena, whichever host made it.
    pub fn restore(&mut self, arena: usize, snapshot: &[u8]) -> Result<(), JsValue> {
        self.world
            .restore(arena, snapshot)
            .map_err(|error| thrown(&error))
    }

    /// Copies one arena over another of the same arm.
    pub fn fork(&mut self, from: usize, to: usize) -> Result<(), JsValue> {
        self.world.fork(from, to).map_err(|error| thrown(&error))
    }

    /// In which columns two arenas differ, as [`Difference`].
    #[wasm_bindgen(unchecked_return_type = "ArenaDiff")]
    pub fn diff(&mut self, a: usize, b: usize) -> Result<JsValue, JsValue> {
        self.world
            .diff(a, b)
            .map_err(|error| thrown(&error))
            .and_then(|diff| plain(&diff))
    }

    /// Actions for the next tick of the controlled slots of a role: arena after arena, slot after slot. Slots that get none
    /// play `noop`.
    pub fn set_actions(&mut self, role: &str, actions: &[u8]) -> Result<(), JsValue> {
        self.world
            .set_actions(role, actions)
            .map_err(|error| thrown(&error))
    }

    /// What the controlled slots of a role are given: `{rows, obs, shape, own, own_names, mask, actions}`.
    #[wasm_bindgen(unchecked_return_type = "GroupView")]
    pub fn group(&mut self, role: &str) -> Result<JsValue, JsValue> {
        let view = self.world.group(role).map_err(|error| thrown(&error))?;
        let names = |names: &[String]| names.iter().map(JsValue::from).collect::<Array>();
        let rows = u32::try_from(view.rows).unwrap_or(u32::MAX);
        let shape: Array = view
            .shape
            .iter()
            .map(|&n| JsValue::from(u32::try_from(n).unwrap_or(u32::MAX)))
            .collect();
        let group = Object::new();
        let fields: [(&str, JsValue); 7] = [
            ("rows", rows.into()),
            ("obs", Uint8Array::from(view.obs.as_slice()).into()),
            ("shape", shape.into()),
            ("own", Int32Array::from(view.own.as_slice()).into()),
            ("own_names", names(&view.own_names).into()),
            ("mask", Uint8Array::from(view.mask.as_slice()).into()),
            ("actions", names(&view.actions).into()),
        ];
        for (name, value) in fields {
            Reflect::set(&group, &name.into(), &value)?;
        }
        Ok(group.into())
    }
}

/// A value as a plain JavaScript object.
fn plain<T: Serialize>(value: &T) -> Result<JsValue, JsValue> {
    let text =
        serde_json::to_string(value).map_err(|error| thrown(&Refusal::wrong(error.to_string())))?;
    JSON::parse(&text)
}

/// A refusal as a JavaScript `Error` with `diagnostics`.
fn thrown(refusal: &Refusal) -> JsValue {
    let error = js_sys::Error::new(&refusal.to_string());
    if let Refusal::Text { notes, .. } = refusal {
        let notes = serde_json::to_string(notes)
            .ok()
            .and_then(|text| JSON::parse(&text).ok());
        // An error without its list still says what is wrong.
        let _ = Reflect::set(&error, &"diagnostics".into(), &notes.unwrap_or_default());
    }
    error.into()
}

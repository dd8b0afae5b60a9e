//! Inside the Rust packages: which folder may name what.

use super::code::{is_below, paths};
use super::tree::{File, Finding, judge, sample};

/// Files below `inside` (but not below `except`) name nothing below these paths.
struct Layer {
    inside: &'static str,
    except: &'static [&'static str],
    never: &'static [&'static str],
    way_out: &'static str,
}

const APP: &str = "src-tauri/src/";
const LAYERS: [Layer; 5] = [
    Layer {
        inside: "src-tauri/src/api/",
        except: &[],
        never: &["rusqlite", "candle_core", "candle_nn", "attune_tuning"],
        way_out: "the API translates and decides nothing; give attune-engine a function for it",
    },
    Layer {
        inside: "src-tauri/src/api/",
        except: &[],
        never: &["crate::cli", "crate::desktop", "crate::server"],
        way_out: "doors call the API, never the other way round; hand it in as state",
    },
    Layer {
        inside: APP,
        except: &["src-tauri/src/desktop/", "src-tauri/src/desktop.rs"],
        never: &["tauri", "tauri_plugin_dialog"],
        way_out: "only src-tauri/src/desktop knows the window; move it there",
    },
    Layer {
        inside: "src-tauri/crates/attune-tuning/src/",
        except: &[],
        never: &["std::fs", "std::env", "std::time", "std::net", "std::process", "std::thread::sleep"],
        way_out: "the mathematics takes bytes and a seed and returns values; let attune-engine touch the world",
    },
    Layer {
        inside: "src-tauri/crates/",
        except: &[],
        never: &["attune"],
        way_out: "the crates do not know the application; let it hand in what they need",
    },
];

fn keeps_its_layer(file: &File) -> Vec<Finding> {
    if file.extension() != "rs" {
        return Vec::new();
    }
    let mut findings = Vec::new();
    for layer in &LAYERS {
        let exempt = layer.except.iter().any(|except| file.path.starts_with(except));
        if !file.path.starts_with(layer.inside) || exempt {
            continue;
        }
        for (line, path) in paths(&file.text) {
            // A bare word is a variable or a module of that name; a crate or module is named by a path,
            // or alone in `use`.
            let source_line = file.text.lines().nth(line - 1).unwrap_or_default().trim_start();
            let counts = path.contains("::")
                || source_line.starts_with("use ")
                || source_line.contains("extern crate");
            if let Some(never) = layer.never.iter().find(|never| counts && is_below(&path, never)) {
                findings.push(Finding::at(
                    file,
                    line,
                    format!("{path} must not be named here ({never}); {}", layer.way_out),
                ));
            }
        }
    }
    findings
}

#[test]
fn every_folder_names_only_what_lies_below_it() {
    judge(keeps_its_layer);
}

#[test]
fn a_name_from_the_wrong_layer_is_found() {
    for (path, text) in [
        ("src-tauri/src/api/runs.rs", "use rusqlite::Connection;"),
        ("src-tauri/src/api/runs.rs", "fn f() { candle_core::Tensor::zeros(); }"),
        ("src-tauri/src/api/mod.rs", "use crate::{api::events, server::Guard};"),
        ("src-tauri/src/cli/train.rs", "use tauri;"),
        ("src-tauri/src/server/mod.rs", "tauri::async_runtime::spawn(f)"),
        ("src-tauri/crates/attune-tuning/src/trainer.rs", "use std::{fmt, time::Instant};"),
        ("src-tauri/crates/attune-engine/src/lib.rs", "use attune::api::Run;"),
    ] {
        assert_eq!(keeps_its_layer(&sample(path, text)).len(), 1, "{path}: {text}");
    }
}

#[test]
fn names_in_their_own_layer_are_welcome() {
    for (path, text) in [
        ("src-tauri/src/desktop/mod.rs", "use tauri::Manager;"),
        ("src-tauri/src/desktop/bridge.rs", "use crate::server::router;"),
        ("src-tauri/src/server/guard.rs", "const ORIGIN: &str = \"tauri://localhost\"; // tauri::Origin"),
        ("src-tauri/src/cli/mod.rs", "let attune = 1; use attune_engine::Engine;"),
        ("src-tauri/crates/attune-engine/src/lib.rs", "use attune_tuning::Trainer; use std::fs::File;"),
        (
            "src-tauri/crates/attune-tuning/src/t5.rs",
            "use std::fmt;\n#[cfg(test)]\nmod tests { use std::fs; }",
        ),
    ] {
        assert_eq!(keeps_its_layer(&sample(path, text)), [], "{path}: {text}");
    }
}

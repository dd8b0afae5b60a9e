//! Makes a fresh clone compile before the UI is built, and lets Tauri check its configuration.

use std::path::Path;

fn main() {
    // Without a line of its own a build script runs again whenever any file of the package changes.
    println!("cargo:rerun-if-changed=src-tauri/build.rs");
    println!("cargo:rerun-if-changed=ui/dist");
    let page = Path::new("ui/dist/index.html");
    if !page.exists() {
        let written = std::fs::create_dir_all("ui/dist").and_then(|()| {
            std::fs::write(
                page,
                "<!doctype html><title>Attune</title><p>The page is not built yet: run <code>cargo xtask run</code>.</p>",
            )
        });
        if let Err(error) = written {
            panic!("could not write the placeholder page {}: {error}", page.display());
        }
    }
    #[cfg(feature = "desktop")]
    {
        println!("cargo:rerun-if-changed=tauri.conf.json");
        if let Err(error) = tauri_build::try_build(tauri_build::Attributes::new()) {
            panic!("tauri.conf.json was refused: {error:#}");
        }
    }
}

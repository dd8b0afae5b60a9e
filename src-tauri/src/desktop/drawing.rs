//! How the window is drawn on Linux: by the graphics card, or plainly.
//!
//! WebKit composes the page with OpenGL, and where no card is there the processor plays one: on such a machine that
//! takes 130 MB of memory and time from the training, for a page of text and thin lines (docs/benchmarks.md).

use tauri::WebviewWindow;

/// Has the page drawn without OpenGL where no graphics card is there.
#[cfg(target_os = "linux")]
pub(super) fn suit_the_machine(window: &WebviewWindow) -> tauri::Result<()> {
    linux::suit_the_machine(window)
}

/// Other systems draw as they always do.
#[cfg(not(target_os = "linux"))]
pub(super) fn suit_the_machine(_: &WebviewWindow) -> tauri::Result<()> {
    Ok(())
}

#[cfg(target_os = "linux")]
mod linux {
    use std::path::Path;

    use tauri::WebviewWindow;
    use webkit2gtk::{HardwareAccelerationPolicy, SettingsExt, WebViewExt};

    /// Where the kernel shows graphics cards to programs.
    const CARDS: &str = "/dev/dri";

    pub(super) fn suit_the_machine(window: &WebviewWindow) -> tauri::Result<()> {
        if has_a_card(Path::new(CARDS)) {
            return Ok(());
        }
        window.with_webview(|view| {
            if let Some(settings) = view.inner().settings() {
                settings.set_hardware_acceleration_policy(HardwareAccelerationPolicy::Never);
            }
        })
    }

    /// Whether a device for drawing lies in the folder; one that cannot be read counts as empty.
    fn has_a_card(folder: &Path) -> bool {
        let mut entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
        entries.any(|entry| entry.file_name().to_string_lossy().starts_with("renderD"))
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn a_card_is_one_that_programs_may_draw_with() {
            let folder = tempfile::tempdir().expect("a temporary folder");
            assert!(!has_a_card(folder.path()));
            assert!(!has_a_card(&folder.path().join("absent")));
            // A card that only shows pictures, as servers have, draws nothing.
            std::fs::write(folder.path().join("card0"), "").expect("a file");
            assert!(!has_a_card(folder.path()));
            std::fs::write(folder.path().join("renderD128"), "").expect("a file");
            assert!(has_a_card(folder.path()));
        }
    }
}

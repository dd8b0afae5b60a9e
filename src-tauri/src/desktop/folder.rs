//! Shows the data folder in the system's file manager. The page names no path: no other folder can be opened.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use tauri::State;

/// What opens a folder the way a double click does.
const OPENER: &str = if cfg!(target_os = "macos") {
    "open"
} else if cfg!(windows) {
    "explorer"
} else {
    "xdg-open"
};

/// The folder that this window shows.
pub(super) struct DataFolderPath(pub(super) PathBuf);

/// Resolves when the opener has ended, which may be when the file manager does, or to a sentence why it failed.
#[tauri::command]
pub(super) async fn open_data_folder(folder: State<'_, DataFolderPath>) -> Result<(), String> {
    let path = folder.0.clone();
    let failed = |path: &PathBuf, why: String| format!("{} could not be opened: {why}", path.display());
    let opening = tauri::async_runtime::spawn_blocking(move || {
        let opener = Command::new(OPENER)
            .arg(&path)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        match opener {
            // The one on Windows says 1 when all is well.
            Ok(status) if status.success() || cfg!(windows) => Ok(()),
            Ok(status) => Err(failed(&path, format!("{OPENER} ended with {status}"))),
            Err(error) => Err(failed(&path, format!("{OPENER}: {error}"))),
        }
    });
    opening.await.map_err(|error| error.to_string())?
}

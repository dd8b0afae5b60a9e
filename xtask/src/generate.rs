//! `cargo xtask generate`: files that are made from the program, and whether they drifted from it.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use crate::console::{Stages, say};
use crate::error::{Error, Result};
use crate::packages::{For, install_missing};
use crate::process::Step;
use crate::project::Project;
use crate::{expect_only, page, run, tools};

pub(crate) fn generate(project: &Project, arguments: &[String]) -> Result<ExitCode> {
    expect_only("generate", arguments, &[])?;
    let mut stages = Stages::new(5);
    stages.stage("Checking Rust, Node and npm", || tools::check(project))?;
    stages.stage("Looking for system libraries", || install_missing(project, &[For::Building]))?;
    stages.stage("Installing the page's packages", || page::install(project, &project.page()))?;
    stages.stage("Building Attune", || run::build(project))?;
    stages.stage("Writing what is made from the program", || {
        let changed = write(project)?;
        let said = if changed.is_empty() { "nothing changed".to_owned() } else { changed.join(" and ") };
        say(&format!("      {said}"));
        Ok(())
    })?;
    Ok(ExitCode::SUCCESS)
}

/// Fails if a committed file differs from what the program says now. The file is right afterwards.
pub(crate) fn check_drift(project: &Project) -> Result<()> {
    let changed = write(project)?;
    if changed.is_empty() { Ok(()) } else { Err(Error::Drifted { files: changed }) }
}

/// Writes the files and returns the names of those whose content changed.
fn write(project: &Project) -> Result<Vec<String>> {
    let description = project.page().join("src/api/openapi.json");
    let types = project.page().join("src/api/schema.d.ts");
    let reference = project.root.join("docs/guide/cli.md");
    let program = Step::new(project.attune(), &project.root).args(["openapi"]);
    let command = program.line();
    let document = document(&program.output()?)
        .map_err(|start| Error::NotADocument { command: project.shown(Path::new(&command)), start })?;
    let page = Step::new(project.attune(), &project.root).args(["reference"]).output()?;
    let kept = [Kept::of(&description), Kept::of(&types), Kept::of(&reference)];
    for (kept, text) in [(&kept[0], document), (&kept[2], format!("{}\n", page.trim_end()))] {
        if kept.content.as_deref() != Some(text.as_bytes()) {
            std::fs::write(&kept.path, text)
                .map_err(|source| Error::Write { path: kept.path.clone(), source })?;
        }
    }
    Step::npm(&project.page()).args(["run", "--silent", "generate"]).run()?;
    Ok(kept.iter().filter(|file| file.has_changed()).map(|file| project.shown(&file.path)).collect())
}

/// A file as it was before a generator wrote it.
struct Kept {
    path: PathBuf,
    content: Option<Vec<u8>>,
    modified: Option<std::time::SystemTime>,
}

impl Kept {
    fn of(path: &Path) -> Self {
        let modified = std::fs::metadata(path).and_then(|file| file.modified()).ok();
        Self { path: path.to_owned(), content: std::fs::read(path).ok(), modified }
    }

    /// Whether the content differs now. If it does not, the old time is put back, so that nothing that goes
    /// by time takes the file for a new one.
    fn has_changed(&self) -> bool {
        if std::fs::read(&self.path).ok() != self.content {
            return true;
        }
        if let Some(modified) = self.modified {
            // Only a convenience for editors and watchers: a file system without times loses nothing.
            let _ = std::fs::File::options()
                .write(true)
                .open(&self.path)
                .and_then(|file| file.set_modified(modified));
        }
        false
    }
}

/// The printed document with exactly one newline at its end, or the first words of what is none.
fn document(printed: &str) -> std::result::Result<String, String> {
    let text = printed.trim();
    if text.starts_with('{') && text.ends_with('}') && text.contains("\"openapi\"") {
        Ok(format!("{text}\n"))
    } else {
        Err(text.chars().take(60).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_ends_with_one_newline() {
        let written = Ok("{\n  \"openapi\": \"3.1.0\"\n}\n".to_owned());
        assert_eq!(document("{\n  \"openapi\": \"3.1.0\"\n}"), written);
        assert_eq!(document("{\n  \"openapi\": \"3.1.0\"\n}\n\n"), written);
    }

    #[test]
    fn what_is_no_document_is_never_written() {
        assert_eq!(document(""), Err(String::new()));
        assert_eq!(document("error: unknown command"), Err("error: unknown command".to_owned()));
        assert!(document("{\"message\": \"no\"}").is_err());
    }

    #[test]
    fn a_file_written_again_with_the_same_content_keeps_its_time() {
        let path = std::env::temp_dir().join(format!("attune-kept-{}", std::process::id()));
        std::fs::write(&path, "same").expect("temporary file");
        let old = std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1_000_000_000);
        std::fs::File::options()
            .write(true)
            .open(&path)
            .and_then(|file| file.set_modified(old))
            .expect("set");
        let kept = Kept::of(&path);
        std::fs::write(&path, "same").expect("temporary file");
        assert!(!kept.has_changed());
        assert_eq!(std::fs::metadata(&path).and_then(|file| file.modified()).expect("time"), old);
        std::fs::write(&path, "other").expect("temporary file");
        assert!(kept.has_changed());
        std::fs::remove_file(&path).expect("removed");
    }
}

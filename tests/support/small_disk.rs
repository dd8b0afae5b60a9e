//! A disk that a test can fill, free and write-protect: a small tmpfs that only the programs on it see.
//!
//! It is mounted in a mount namespace of its own, so nothing of it is left on the machine, whatever becomes of
//! the test. That takes `unshare` and `nsenter` of util-linux, and the right to mount: root's, or that of a user
//! namespace. Where there is neither, [`SmallDisk::new`] says loudly that nothing was tried.

use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use super::Home;

/// Smaller pieces than a page take a page all the same.
const PAGE: usize = 4096;

/// Mounted until the value is dropped.
#[derive(Debug)]
pub(crate) struct SmallDisk {
    /// Holds the namespace; ends when its input is closed.
    holder: Child,
    folder: PathBuf,
}

impl SmallDisk {
    /// An empty disk at `home/disk`, or `None` where this machine lets nobody mount one.
    pub(crate) fn new(home: &Home, kibibytes: u32) -> Option<Self> {
        let folder = home.path("disk");
        std::fs::create_dir(&folder).expect("a folder in the test's own");
        let mut command = Command::new("unshare");
        if !rights_of_root() {
            command.args(["--user", "--map-root-user"]);
        }
        let script = "mount -t tmpfs -o size=\"$1\"k tmpfs \"$2\" && echo mounted && exec cat";
        command.args(["--mount", "sh", "-c", script, "sh", &kibibytes.to_string()]).arg(&folder);
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut holder = match command.spawn() {
            Ok(holder) => holder,
            Err(error) => return skipped(&error.to_string()),
        };
        let mut said = String::new();
        let output = holder.stdout.take().expect("standard output is a pipe");
        BufReader::new(output).read_line(&mut said).expect("a line of text, or the end");
        let disk = Self { holder, folder };
        if said == "mounted\n" { Some(disk) } else { skipped("mounting is not allowed here") }
    }

    /// A folder of the disk, as programs on it see it.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// The same, as this process sees it: good to open, but no path of it may be resolved, as that leads out of it.
    fn seen(&self, name: &str) -> PathBuf {
        let root = PathBuf::from(format!("/proc/{}/root", self.holder.id()));
        let inside = self.path(name);
        root.join(inside.strip_prefix("/").expect("test folders have absolute paths"))
    }

    /// A copy of a folder of the disk as it is now, beside the disk, where every program can look at it.
    pub(crate) fn copied(&self, name: &str) -> PathBuf {
        let copy = self.folder.with_file_name(format!("copied_{name}"));
        // There is none the first time.
        let _ = std::fs::remove_dir_all(&copy);
        let mut copying = Command::new("cp");
        copying.arg("-a").args([&self.path(name), &copy]);
        let status = self.command(&copying).status().expect("nsenter starts, as it was there before");
        assert!(status.success(), "{name} could not be copied: {status}");
        copy
    }

    /// `command` on this disk.
    pub(crate) fn command(&self, command: &Command) -> Command {
        let mut inside = Command::new("nsenter");
        inside.args(["--target", &self.holder.id().to_string(), "--mount"]);
        if !rights_of_root() {
            inside.args(["--user", "--preserve-credentials"]);
        }
        inside.arg("--").arg(command.get_program()).args(command.get_args());
        for (name, value) in command.get_envs() {
            match value {
                Some(value) => inside.env(name, value),
                None => inside.env_remove(name),
            };
        }
        if let Some(folder) = command.get_current_dir() {
            inside.current_dir(folder);
        }
        inside
    }

    /// Takes all room but so many pages of 4 KiB.
    pub(crate) fn fill_but(&self, pages: usize) {
        let path = self.seen("filler");
        let mut filler = std::fs::File::create(&path).expect("a file on the small disk");
        let mut written = 0;
        while filler.write_all(&[0; PAGE]).is_ok() {
            written += PAGE;
        }
        let kept = written.saturating_sub(pages * PAGE);
        filler.set_len(kept as u64).expect("a file can be cut");
    }

    /// Gives the room back that [`fill_but`](Self::fill_but) took.
    pub(crate) fn free(&self) {
        std::fs::remove_file(self.seen("filler")).expect("what was filled can be freed");
    }

    /// Lets nobody write on it any more, root included; or everybody again.
    pub(crate) fn protect(&self, protected: bool) {
        let mut mount = Command::new("mount");
        mount.args(["-o", if protected { "remount,ro" } else { "remount,rw" }]).arg(&self.folder);
        let status = self.command(&mount).status().expect("nsenter starts, as it was there before");
        assert!(status.success(), "the small disk could not be mounted again: {status}");
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // It has closed its standard output already if it could not mount.
        let _ = self.holder.kill();
        let _ = self.holder.wait();
    }
}

fn skipped(why: &str) -> Option<SmallDisk> {
    // Past the test runner's capture: nobody may take this for a test that has passed.
    let told = writeln!(std::io::stderr().lock(), "\nSKIPPED: no small disk can be mounted ({why})\n");
    told.expect("standard error is there");
    None
}

fn rights_of_root() -> bool {
    std::fs::read_to_string("/proc/self/status").is_ok_and(|status| {
        let owner = status.lines().find_map(|line| line.strip_prefix("Uid:"));
        owner.is_some_and(|ids| ids.split_whitespace().nth(1) == Some("0"))
    })
}

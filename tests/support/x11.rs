//! What a window manager does for a person: sees which windows are there, and asks one to close.
//!
//! Just enough of the X11 protocol, over the display's own socket: the tools that can ask a window to close need a
//! window manager, and the display of a test has none.
//! Source: X Window System Protocol, X Consortium Standard, version 11.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;

use super::Xvfb;

/// Opcodes and constants of the protocol.
mod core {
    pub(super) const GET_WINDOW_ATTRIBUTES: u8 = 3;
    pub(super) const QUERY_TREE: u8 = 15;
    pub(super) const INTERN_ATOM: u8 = 16;
    pub(super) const GET_PROPERTY: u8 = 20;
    pub(super) const SEND_EVENT: u8 = 25;
    pub(super) const CLIENT_MESSAGE: u8 = 33;
    pub(super) const ATOM_WM_NAME: u32 = 39;
    pub(super) const MAP_STATE_VIEWABLE: u8 = 2;
}

/// A connection to a display.
#[derive(Debug)]
pub(crate) struct X11 {
    stream: UnixStream,
    root: u32,
}

impl X11 {
    pub(crate) fn connect(display: &Xvfb) -> Self {
        let socket = format!("/tmp/.X11-unix/X{}", display.name().trim_start_matches(':'));
        let mut stream = UnixStream::connect(&socket).expect("the display of the test has a socket");
        // Little endian, version 11.0, no authorization.
        stream.write_all(&[b'l', 0, 11, 0, 0, 0, 0, 0, 0, 0, 0, 0]).expect("the display takes a greeting");
        let mut head = [0; 8];
        stream.read_exact(&mut head).expect("the display answers");
        assert_eq!(head[0], 1, "the display refused the connection");
        let mut setup = vec![0; usize::from(u16_at(&head, 6)) * 4];
        stream.read_exact(&mut setup).expect("the display describes itself");
        let vendor = usize::from(u16_at(&setup, 16)).next_multiple_of(4);
        let formats = usize::from(setup[21]) * 8;
        let root = u32_at(&setup, 32 + vendor + formats);
        Self { stream, root }
    }

    /// Whether a window with this title can be seen.
    pub(crate) fn shows(&mut self, title: &str) -> bool {
        self.find(title).is_some_and(|window| {
            let attributes = self.ask(core::GET_WINDOW_ATTRIBUTES, 0, &window.to_le_bytes());
            attributes[26] == core::MAP_STATE_VIEWABLE
        })
    }

    /// Asks the window with this title to close, as the cross in its corner does.
    pub(crate) fn close(&mut self, title: &str) {
        let Some(window) = self.find(title) else { panic!("there is no window {title:?}") };
        let (protocols, delete) = (self.atom("WM_PROTOCOLS"), self.atom("WM_DELETE_WINDOW"));
        let mut event = vec![core::CLIENT_MESSAGE, 32, 0, 0];
        for value in [window, protocols, delete, 0, 0, 0, 0] {
            event.extend(value.to_le_bytes());
        }
        let mut body = Vec::from(window.to_le_bytes());
        body.extend(0_u32.to_le_bytes());
        body.extend(event);
        self.send(core::SEND_EVENT, 0, &body);
        // The answer to another question shows that the event has been passed on.
        self.atom("WM_PROTOCOLS");
    }

    fn find(&mut self, title: &str) -> Option<u32> {
        let root = self.root;
        let tree = self.ask(core::QUERY_TREE, 0, &root.to_le_bytes());
        let children = usize::from(u16_at(&tree, 16));
        let windows: Vec<u32> = (0..children).map(|at| u32_at(&tree, 32 + 4 * at)).collect();
        windows.into_iter().find(|window| self.title(*window) == title)
    }

    fn title(&mut self, window: u32) -> String {
        let mut body = Vec::new();
        for value in [window, core::ATOM_WM_NAME, 0, 0, 64] {
            body.extend(value.to_le_bytes());
        }
        let answer = self.ask(core::GET_PROPERTY, 0, &body);
        // A window that went meanwhile is answered with an error, which has no length.
        let length = if answer[0] == 1 { u32_at(&answer, 16) as usize } else { 0 };
        String::from_utf8_lossy(&answer[32..32 + length]).into_owned()
    }

    fn atom(&mut self, name: &str) -> u32 {
        let length = u16::try_from(name.len()).expect("names of atoms are short");
        let mut body = Vec::from(length.to_le_bytes());
        body.extend([0, 0]);
        body.extend(name.as_bytes());
        body.resize(body.len().next_multiple_of(4), 0);
        u32_at(&self.ask(core::INTERN_ATOM, 0, &body), 8)
    }

    fn send(&mut self, opcode: u8, detail: u8, body: &[u8]) {
        let words = u16::try_from(1 + body.len() / 4).expect("requests of tests are short");
        let mut request = vec![opcode, detail];
        request.extend(words.to_le_bytes());
        request.extend(body);
        self.stream.write_all(&request).expect("the display takes requests");
    }

    /// An answer or an error, at least 32 bytes. No event was asked for, so none comes between.
    fn ask(&mut self, opcode: u8, detail: u8, body: &[u8]) -> Vec<u8> {
        self.send(opcode, detail, body);
        let mut answer = vec![0; 32];
        self.stream.read_exact(&mut answer).expect("the display answers");
        if answer[0] == 1 {
            let mut rest = vec![0; u32_at(&answer, 4) as usize * 4];
            self.stream.read_exact(&mut rest).expect("the display answers in full");
            answer.extend(rest);
        }
        answer
    }
}

fn u16_at(bytes: &[u8], at: usize) -> u16 {
    u16::from_le_bytes([bytes[at], bytes[at + 1]])
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

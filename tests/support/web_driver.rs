//! Drives the real window through WebKitWebDriver, spoken to directly.
//!
//! The session is answered before the page has loaded, so everything is asked for again until it is there or
//! patience is at its end; that waiting is in one place, [`until`].

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use hyper::Method;
use serde_json::{Value, json};
use tokio::time::timeout;

use super::{Home, Http, Xvfb, until};

/// The name under which an element's id stands in answers (W3C WebDriver, "Elements").
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// A program ends within milliseconds of its window.
const LONGEST_END: Duration = Duration::from_secs(10);

/// One window of one program, from its start to its end.
#[derive(Debug)]
pub(crate) struct WebDriver {
    driver: Child,
    address: SocketAddr,
    http: Http,
    session: String,
}

impl WebDriver {
    /// Starts `program` with a window on `display`, in `home`'s environment, and goes past the first start.
    pub(crate) async fn open<A: AsRef<str>>(
        home: &Home,
        display: &Xvfb,
        program: &Path,
        arguments: &[A],
    ) -> Self {
        let window = Self::open_first(home, display, program, arguments).await;
        let skip = "const offered = document.querySelector('[data-testid=skip-first-start]');
            if (offered) offered.click();
            return document.querySelector('nav') !== null";
        let past = until(|| async {
            let is_past = window.execute_now(skip, &[]).await?;
            if is_past == json!(true) { Ok(()) } else { Err("the usual pages are not there".to_owned()) }
        });
        past.await.unwrap_or_else(|error| panic!("the window did not come past the first start: {error}"));
        window
    }

    /// The same for a person who sees the window for the first time.
    pub(crate) async fn open_first<A: AsRef<str>>(
        home: &Home,
        display: &Xvfb,
        program: &Path,
        arguments: &[A],
    ) -> Self {
        let address = free_address();
        let mut command = Command::new("WebKitWebDriver");
        home.dress(&mut command);
        command
            .args([format!("--port={}", address.port()), "--host=127.0.0.1".to_owned()])
            .env("DISPLAY", display.name())
            .env("GDK_BACKEND", "x11")
            .env("TAURI_WEBVIEW_AUTOMATION", "true")
            // Not pipes: the window inherits them and may outlive this test's interest in them.
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let driver = match command.spawn() {
            Ok(driver) => driver,
            Err(error) => panic!("WebKitWebDriver did not start ({error}); `cargo xtask test` installs it"),
        };
        let http = Http::new(&address.to_string());
        let mut driver = Self { driver, address, http, session: String::new() };
        let listening =
            until(|| async { tokio::net::TcpStream::connect(address).await.map_err(|e| e.to_string()) });
        listening
            .await
            .unwrap_or_else(|error| panic!("WebKitWebDriver does not listen on {address}: {error}"));
        let arguments: Vec<&str> = arguments.iter().map(AsRef::as_ref).collect();
        let options = json!({ "binary": program, "args": arguments });
        let wanted = json!({ "capabilities": { "alwaysMatch": { "webkitgtk:browserOptions": options } } });
        let session = driver.ask(Method::POST, "/session", Some(&wanted)).await;
        let session =
            session.unwrap_or_else(|error| panic!("no window opened for {}: {error}", program.display()));
        driver.session = session["sessionId"].as_str().expect("a session has an id").to_owned();
        driver
    }

    /// Waits until an element is there, and gives its id.
    pub(crate) async fn find(&self, css: &str) -> String {
        match until(|| self.find_now(css)).await {
            Ok(found) => found,
            Err(error) => {
                let shown = self.execute_now("return document.body.innerText", &[]).await;
                panic!("there is no element {css} in the window: {error}; it shows {shown:#?}")
            }
        }
    }

    /// Clicks an element as soon as it is there and can be clicked.
    pub(crate) async fn click(&self, css: &str) {
        let clicked = until(|| async {
            let element = self.find_now(css).await?;
            // The driver does not scroll to what lies in a sticky column, as a person and the keyboard do.
            let show = "arguments[0].scrollIntoView({ block: 'center' })";
            self.execute_now(show, &[json!({ ELEMENT: element })]).await?;
            self.in_session(Method::POST, &format!("/element/{element}/click"), Some(&json!({}))).await
        });
        clicked.await.unwrap_or_else(|error| panic!("{css} could not be clicked: {error}"));
    }

    /// Clicks an element whose click takes the window away. WebDriver's own click would wait for a window that is
    /// gone or hidden, so the page clicks, after it has answered.
    pub(crate) async fn click_away(&self, css: &str) {
        self.find(css).await;
        let click = "const wanted = document.querySelector(arguments[0]); setTimeout(() => wanted.click())";
        self.execute(click, &[json!(css)]).await;
    }

    /// Types into an element, in place of what is there.
    pub(crate) async fn type_text(&self, css: &str, text: &str) {
        let typed = until(|| async {
            let element = self.find_now(css).await?;
            self.in_session(Method::POST, &format!("/element/{element}/clear"), Some(&json!({}))).await?;
            let keys = json!({ "text": text });
            self.in_session(Method::POST, &format!("/element/{element}/value"), Some(&keys)).await
        });
        typed.await.unwrap_or_else(|error| panic!("{css} could not be typed into: {error}"));
    }

    /// Presses keys on an element: letters, or WebDriver's own signs for others.
    pub(crate) async fn press(&self, css: &str, keys: &str) {
        let pressed = until(|| async {
            let element = self.find_now(css).await?;
            let keys = json!({ "text": keys });
            self.in_session(Method::POST, &format!("/element/{element}/value"), Some(&keys)).await
        });
        pressed.await.unwrap_or_else(|error| panic!("{css} took no keys: {error}"));
    }

    /// Waits until the `textContent` of an element is what `is_wanted` accepts, and gives it. Not WebDriver's own
    /// element text, which is empty for labels that are clipped, as those of many buttons are.
    pub(crate) async fn text_that(&self, css: &str, is_wanted: impl Fn(&str) -> bool) -> String {
        let text = until(|| async {
            let text = self.text_now(css).await?;
            if is_wanted(&text) { Ok(text) } else { Err(format!("its text stayed {text:?}")) }
        });
        text.await.unwrap_or_else(|error| panic!("{css} did not come to the wanted text: {error}"))
    }

    /// Waits until an attribute of an element is what `is_wanted` accepts, and gives it.
    pub(crate) async fn attribute_that(
        &self,
        css: &str,
        name: &str,
        is_wanted: impl Fn(&str) -> bool,
    ) -> String {
        let script = "return document.querySelector(arguments[0])?.getAttribute(arguments[1]) ?? null";
        let value = until(|| async {
            let value = self.execute_now(script, &[json!(css), json!(name)]).await?;
            let value = value.as_str().ok_or_else(|| "no such element or attribute".to_owned())?;
            if is_wanted(value) { Ok(value.to_owned()) } else { Err(format!("it stayed {value:?}")) }
        });
        value.await.unwrap_or_else(|error| panic!("{name} of {css} did not become the wanted: {error}"))
    }

    /// Runs a script in the page as the body of a function, and gives what it returns.
    pub(crate) async fn execute(&self, script: &str, arguments: &[Value]) -> Value {
        let done = self.execute_now(script, arguments).await;
        done.unwrap_or_else(|error| panic!("the script failed in the page: {error}\n{script}"))
    }

    /// Writes a picture of the page as a PNG file.
    pub(crate) async fn screenshot(&self, path: &Path) {
        let picture = self.in_session(Method::GET, "/screenshot", None).await;
        let picture = picture.unwrap_or_else(|error| panic!("the window gave no picture: {error}"));
        let bytes = from_base64(picture.as_str().unwrap_or_default());
        assert!(bytes.starts_with(b"\x89PNG"), "the window gave a picture that is no PNG");
        std::fs::write(path, bytes)
            .unwrap_or_else(|error| panic!("{} was not written: {error}", path.display()));
    }

    /// Closes the window and waits until its program has ended.
    ///
    /// One in fifty times the driver takes the page away and the window is never told to close; the program would stay
    /// the owner of its folder. Then the system ends it, as at the end of a session.
    pub(crate) async fn close(mut self) {
        let closed = self.in_session(Method::DELETE, "", None).await;
        self.session.clear();
        closed.unwrap_or_else(|error| panic!("the window did not close: {error}"));
        let driver = self.driver.id();
        let ended = || async {
            let living = living_children(driver);
            if living.is_empty() { Ok(()) } else { Err(format!("processes {living:?} go on")) }
        };
        if timeout(LONGEST_END, until(ended)).await.is_err() {
            let asked = Command::new("kill").arg("-TERM").args(living_children(driver)).status();
            asked.expect("the system has a kill command");
            until(ended).await.unwrap_or_else(|error| panic!("the program did not end: {error}"));
        }
    }

    async fn find_now(&self, css: &str) -> Result<String, String> {
        let wanted = json!({ "using": "css selector", "value": css });
        let found = self.in_session(Method::POST, "/element", Some(&wanted)).await?;
        found[ELEMENT]
            .as_str()
            .map(str::to_owned)
            .ok_or_else(|| format!("an answer without an element: {found}"))
    }

    async fn text_now(&self, css: &str) -> Result<String, String> {
        let script = "return document.querySelector(arguments[0])?.textContent ?? null";
        let text = self.execute_now(script, &[json!(css)]).await?;
        text.as_str().map(str::to_owned).ok_or_else(|| "no such element".to_owned())
    }

    async fn execute_now(&self, script: &str, arguments: &[Value]) -> Result<Value, String> {
        let call = json!({ "script": script, "args": arguments });
        self.in_session(Method::POST, "/execute/sync", Some(&call)).await
    }

    async fn in_session(&self, method: Method, path: &str, body: Option<&Value>) -> Result<Value, String> {
        self.ask(method, &format!("/session/{}{path}", self.session), body).await
    }

    async fn ask(&self, method: Method, path: &str, body: Option<&Value>) -> Result<Value, String> {
        let body = body.map(Value::to_string).unwrap_or_default();
        let answer = self.http.send(method, path, &[("content-type", "application/json")], body).await;
        let value = answer.json()["value"].take();
        if answer.status == 200 {
            Ok(value)
        } else {
            Err(value["message"].as_str().unwrap_or("no reason given").to_owned())
        }
    }
}

impl Drop for WebDriver {
    /// A test that panicked has not closed its window: without this it would stay open for ever, because the
    /// driver leaves the program running when it is ended itself.
    fn drop(&mut self) {
        if !self.session.is_empty() {
            // Best effort on the way out of a failed test, whose own message must be the one that is read.
            let _ = delete_session(self.address, &self.session);
        }
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

/// Children of a process that have not ended, by their numbers (proc(5)).
fn living_children(process: u32) -> Vec<String> {
    let children = std::fs::read_to_string(format!("/proc/{process}/task/{process}/children"));
    let children = children.expect("a process that was started is in /proc");
    let is_living = |child: &&str| {
        let state = std::fs::read_to_string(format!("/proc/{child}/stat")).unwrap_or_default();
        state.rsplit_once(") ").is_some_and(|(_, state)| !state.starts_with('Z'))
    };
    children.split_whitespace().filter(is_living).map(str::to_owned).collect()
}

/// Without the asynchronous client: a drop may happen while its runtime is going down.
fn delete_session(address: SocketAddr, session: &str) -> std::io::Result<()> {
    let patience = Duration::from_secs(5);
    let mut stream = TcpStream::connect_timeout(&address, patience)?;
    stream.set_read_timeout(Some(patience))?;
    write!(stream, "DELETE /session/{session} HTTP/1.1\r\nhost: {address}\r\ncontent-length: 0\r\n\r\n")?;
    stream.read(&mut [0; 64]).map(drop)
}

/// Free at this moment; WebKitWebDriver cannot choose and name one itself.
fn free_address() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port on the loopback");
    listener.local_addr().expect("a bound listener has an address")
}

/// Standard base64 (RFC 4648, 4); anything else in the text, such as line breaks, is passed over.
fn from_base64(text: &str) -> Vec<u8> {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    let (mut value, mut bits) = (0_usize, 0_u32);
    for digit in text.bytes().filter_map(|byte| ALPHABET.iter().position(|known| *known == byte)) {
        value = (value << 6 | digit) & 0xffff;
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push((value >> bits & 0xff) as u8);
        }
    }
    bytes
}

#[test]
fn base64_is_read_as_the_standard_writes_it() {
    for (text, plain) in [("", ""), ("Zg==", "f"), ("Zm8=", "fo"), ("Zm9v", "foo"), ("Zm9v\nYmFy", "foobar")]
    {
        assert_eq!(from_base64(text), plain.as_bytes(), "{text:?}");
    }
}

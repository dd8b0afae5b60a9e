//! A desktop's session bus with the services a test wants on it: a tray, and notices.
//!
//! The bus is a real `dbus-daemon`; the services note what they are told and can act as the person would.

use std::collections::HashMap;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};

use zbus::Connection;
use zbus::zvariant::{OwnedValue, Value};

use super::until;

const MENU: &str = "com.canonical.dbusmenu";

/// A notice as it was raised.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Notice {
    pub(crate) title: String,
    pub(crate) text: String,
    /// Keys and labels by turns.
    pub(crate) actions: Vec<String>,
}

/// A session bus, with a tray and a notice service on it.
#[derive(Debug)]
pub(crate) struct DesktopBus {
    daemon: Child,
    address: String,
    connection: Connection,
    tray_items: Arc<Mutex<Vec<String>>>,
    notices: Arc<Mutex<Vec<Notice>>>,
}

impl DesktopBus {
    pub(crate) async fn start() -> Self {
        let started = Command::new("dbus-daemon")
            .args(["--session", "--nofork", "--print-address=1"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn();
        let mut daemon = match started {
            Ok(daemon) => daemon,
            Err(error) => panic!("dbus-daemon did not start ({error}); `cargo xtask test` installs it"),
        };
        let mut address = String::new();
        let output = daemon.stdout.take().expect("standard output is a pipe");
        BufReader::new(output).read_line(&mut address).expect("the bus says where it is");
        let address = address.trim().to_owned();
        let (tray_items, notices) = (Arc::default(), Arc::default());
        let watcher = Watcher { items: Arc::clone(&tray_items) };
        let service = Notifications { raised: Arc::clone(&notices) };
        let connection = zbus::connection::Builder::address(address.as_str())
            .and_then(|builder| builder.serve_at("/StatusNotifierWatcher", watcher))
            .and_then(|builder| builder.serve_at("/org/freedesktop/Notifications", service))
            .and_then(|builder| builder.name("org.kde.StatusNotifierWatcher"))
            .and_then(|builder| builder.name("org.freedesktop.Notifications"))
            .expect("names and paths of the specifications are valid");
        let connection = connection.build().await.expect("the bus takes a connection");
        Self { daemon, address, connection, tray_items, notices }
    }

    /// For the variable DBUS_SESSION_BUS_ADDRESS.
    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    /// Waits until a notice has been raised.
    pub(crate) async fn notice(&self) -> Notice {
        first(&self.notices, "notice was raised").await
    }

    /// Presses a button of the first notice.
    pub(crate) async fn press(&self, action: &str) {
        let path = "/org/freedesktop/Notifications";
        let body = (FIRST_NOTICE, action);
        let interface = "org.freedesktop.Notifications";
        let sent = self.connection.emit_signal(None::<&str>, path, interface, "ActionInvoked", &body).await;
        sent.expect("the bus passes signals on");
    }

    /// Waits until the tray's menu has an entry that `is_wanted` accepts, and gives its label.
    pub(crate) async fn tray_entry(&self, is_wanted: impl Fn(&str) -> bool) -> String {
        self.entry(is_wanted).await.1
    }

    /// Chooses an entry of the tray's menu.
    pub(crate) async fn choose(&self, label: &str) {
        let (id, _) = self.entry(|shown| shown == label).await;
        let body = (id, "clicked", Value::from(0_i32), 0_u32);
        let item = self.tray_item().await;
        let called =
            self.connection.call_method(Some(item.as_str()), "/MenuBar", Some(MENU), "Event", &body).await;
        called.expect("the tray's menu takes a click");
    }

    async fn entry(&self, is_wanted: impl Fn(&str) -> bool) -> (i32, String) {
        let is_wanted = &is_wanted;
        let found = until(|| async move {
            let entries = self.tray_entries().await;
            let found = entries.iter().find(|(_, label)| is_wanted(label)).cloned();
            found.ok_or_else(|| format!("it has {entries:?}"))
        });
        found.await.unwrap_or_else(|reason| panic!("the tray's menu has no such entry: {reason}"))
    }

    /// Names of menu entries as the icon gives them, with their ids.
    async fn tray_entries(&self) -> Vec<(i32, String)> {
        type Entry = (i32, HashMap<String, OwnedValue>, Vec<OwnedValue>);
        let item = self.tray_item().await;
        let body = (0_i32, -1_i32, Vec::<&str>::new());
        let answer = self
            .connection
            .call_method(Some(item.as_str()), "/MenuBar", Some(MENU), "GetLayout", &body)
            .await;
        let answer = answer.expect("the icon has a menu");
        let (_, (_, _, children)): (u32, Entry) = answer.body().deserialize().expect("a menu as specified");
        children
            .into_iter()
            .filter_map(|child| Entry::try_from(child).ok())
            .filter_map(|(id, mut properties, _)| {
                Some((id, String::try_from(properties.remove("label")?).ok()?))
            })
            .collect()
    }

    async fn tray_item(&self) -> String {
        first(&self.tray_items, "icon is in the tray").await
    }
}

async fn first<T: Clone>(list: &Mutex<Vec<T>>, what: &str) -> T {
    let found = until(|| async {
        let first = list.lock().unwrap_or_else(PoisonError::into_inner).first().cloned();
        first.ok_or_else(|| format!("no {what}"))
    });
    found.await.unwrap_or_else(|reason| panic!("{reason}"))
}

impl Drop for DesktopBus {
    fn drop(&mut self) {
        // It may have ended by itself; there is nothing else to do about a child that cannot be ended.
        let _ = self.daemon.kill();
        let _ = self.daemon.wait();
    }
}

const FIRST_NOTICE: u32 = 1;

struct Watcher {
    items: Arc<Mutex<Vec<String>>>,
}

#[zbus::interface(name = "org.kde.StatusNotifierWatcher")]
impl Watcher {
    fn register_status_notifier_item(&self, service: String) {
        self.items.lock().unwrap_or_else(PoisonError::into_inner).push(service);
    }

    #[zbus(property)]
    fn is_status_notifier_host_registered(&self) -> bool {
        true
    }
}

struct Notifications {
    raised: Arc<Mutex<Vec<Notice>>>,
}

#[zbus::interface(name = "org.freedesktop.Notifications")]
impl Notifications {
    #[expect(clippy::too_many_arguments, reason = "the specification's own list")]
    fn notify(
        &self,
        _app_name: String,
        _replaces_id: u32,
        _app_icon: String,
        summary: String,
        body: String,
        actions: Vec<String>,
        _hints: HashMap<String, OwnedValue>,
        _expire_timeout: i32,
    ) -> u32 {
        let mut raised = self.raised.lock().unwrap_or_else(PoisonError::into_inner);
        raised.push(Notice { title: summary, text: body, actions });
        u32::try_from(raised.len()).unwrap_or(FIRST_NOTICE)
    }
}

//! The icon in the tray, by the freedesktop specification over D-Bus.
//!
//! Many desktops have no tray, and some get or lose one while we run: whoever needs to know asks
//! [`Tray::is_shown`] at that moment. No C library takes part, so none can be missing (decision 12).
//! Source: <https://www.freedesktop.org/wiki/Specifications/StatusNotifierItem/>.

#[cfg(target_os = "linux")]
pub(super) use linux::Tray;
#[cfg(not(target_os = "linux"))]
pub(super) use none::Tray;

#[cfg(target_os = "linux")]
mod linux {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};

    use ksni::menu::{MenuItem, StandardItem};
    use ksni::{Handle, Icon, OfflineReason, ToolTip, TrayMethods};
    use tauri::image::Image;
    use tauri::{AppHandle, Manager};
    use tokio::sync::Mutex;

    use super::super::closing::Closing;
    use super::super::presence::Presence;
    use super::super::words;

    const ICONS: [Image<'static>; 2] = [
        tauri::include_image!("src-tauri/icons/32x32.png"),
        tauri::include_image!("src-tauri/icons/128x128.png"),
    ];

    #[derive(Default)]
    pub(in super::super) struct Tray {
        handle: Mutex<Option<Handle<Item>>>,
        /// Whether somebody shows the icon at this moment.
        has_host: Arc<AtomicBool>,
    }

    impl Tray {
        /// Shows the icon where there is a tray; otherwise nothing happens, and it may be tried again.
        pub(in super::super) async fn show(&self, application: &AppHandle) {
            let mut handle = self.handle.lock().await;
            if handle.as_ref().is_some_and(|handle| !handle.is_closed()) {
                return;
            }
            let item = Item {
                application: application.clone(),
                state: words::NO_RUN.to_owned(),
                has_host: Arc::clone(&self.has_host),
            };
            match item.spawn().await {
                Ok(shown) => {
                    *handle = Some(shown);
                    self.has_host.store(true, Ordering::SeqCst);
                }
                Err(error) => tracing::debug!(%error, "there is no tray"),
            }
        }

        pub(in super::super) fn is_shown(&self) -> bool {
            self.has_host.load(Ordering::SeqCst)
        }

        /// Says what the application is busy with, in menu and tooltip.
        pub(in super::super) async fn say(&self, state: String) {
            if let Some(handle) = &*self.handle.lock().await {
                // A tray that has been shut down shows nothing any more, and `is_shown` tells.
                let _ = handle.update(|item| item.state = state).await;
            }
        }
    }

    struct Item {
        application: AppHandle,
        state: String,
        has_host: Arc<AtomicBool>,
    }

    impl Item {
        fn open(&self) {
            self.application.state::<Arc<Presence>>().bring_to_front();
        }

        fn quit(&self) {
            self.application.state::<Arc<Closing>>().quit(&self.application);
        }
    }

    impl ksni::Tray for Item {
        fn id(&self) -> String {
            "attune".to_owned()
        }

        fn title(&self) -> String {
            words::NAME.to_owned()
        }

        fn icon_pixmap(&self) -> Vec<Icon> {
            ICONS.iter().map(argb).collect()
        }

        fn tool_tip(&self) -> ToolTip {
            ToolTip { title: words::NAME.to_owned(), description: self.state.clone(), ..ToolTip::default() }
        }

        fn activate(&mut self, _: i32, _: i32) {
            self.open();
        }

        fn menu(&self) -> Vec<MenuItem<Self>> {
            let open = StandardItem {
                label: words::OPEN.to_owned(),
                activate: Box::new(|item: &mut Self| item.open()),
                ..StandardItem::default()
            };
            let state = StandardItem { label: self.state.clone(), enabled: false, ..StandardItem::default() };
            let quit = StandardItem {
                label: words::QUIT.to_owned(),
                activate: Box::new(|item: &mut Self| item.quit()),
                ..StandardItem::default()
            };
            vec![open.into(), state.into(), MenuItem::Separator, quit.into()]
        }

        fn watcher_online(&self) {
            self.has_host.store(true, Ordering::SeqCst);
        }

        fn watcher_offline(&self, _: OfflineReason) -> bool {
            self.has_host.store(false, Ordering::SeqCst);
            // Desktops that restart their shell bring the tray back.
            true
        }
    }

    /// The specification wants alpha first; images have it last.
    fn argb(image: &Image<'_>) -> Icon {
        let data =
            image.rgba().chunks_exact(4).flat_map(|rgba| [rgba[3], rgba[0], rgba[1], rgba[2]]).collect();
        Icon { width: image.width() as i32, height: image.height() as i32, data }
    }
}

/// Other systems' trays are not built yet: closing offers the background without an icon.
#[cfg(not(target_os = "linux"))]
mod none {
    #[derive(Default)]
    pub(in super::super) struct Tray;

    impl Tray {
        pub(in super::super) async fn show(&self, _: &tauri::AppHandle) {}

        pub(in super::super) fn is_shown(&self) -> bool {
            false
        }

        pub(in super::super) async fn say(&self, _: String) {}
    }
}

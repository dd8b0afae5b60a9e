//! Who answers on a loaded base: one thread, which makes the answers of all requests together.
//!
//! Not here: whose turn it is and what a step computes (`attune_tuning::Answering`), and which adapter a request means.
//! Invariants: a request waits for no observer but its own, and for no other request to end; what a step finds is
//! handed over through a channel. A request that nobody waits for any more gives its places back with the next step;
//! one that fails fails alone.

use std::collections::HashMap;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use attune_tuning::{Answer, Answering, Ask, BaseModel, GenerationConfig, Questions, Stop, Ticket};

use super::AnswerObserver;
use crate::{Error, Result};

/// A loaded base, and the way to the thread that answers on it. The thread starts with the first request and ends after
/// the last owner of this has gone; until then it keeps the base in memory.
#[derive(Debug)]
pub(crate) struct Answerer {
    base: Arc<BaseModel>,
    requests: Mutex<Option<Sender<Request>>>,
}

/// What was asked, and who waits for it.
struct Request {
    questions: Questions,
    reader: Reader,
}

struct Reader {
    told: Sender<Told>,
    /// Set when nobody waits for the answers any more.
    left: Arc<AtomicBool>,
    /// Whether anything was said in this step.
    heard: bool,
}

/// What a request is told while it waits.
enum Told {
    /// A step is done in which it had rows: with text that is certain now, and whether a token was chosen.
    Piece {
        text: String,
        has_token: bool,
    },
    /// A step is done in which it had none yet.
    Waiting,
    Ended(attune_tuning::Result<Vec<Answer>>),
}

/// Answers, and when the first token was there. Beam searches choose no token before their end.
#[derive(Debug)]
pub(crate) struct Given {
    pub(crate) answers: Vec<Answer>,
    pub(crate) first_token: Option<Instant>,
}

impl Answerer {
    pub(crate) fn new(base: BaseModel) -> Self {
        Self { base: Arc::new(base), requests: Mutex::default() }
    }

    pub(crate) fn base(&self) -> &Arc<BaseModel> {
        &self.base
    }

    /// Prompts, ready to be answered.
    ///
    /// # Errors
    /// [`Error::Generation`] with what is wrong with them.
    pub(crate) fn questions(&self, asks: &[Ask<'_>], config: &GenerationConfig) -> Result<Questions> {
        Questions::new(&self.base, asks, config).map_err(|source| Error::Generation { source })
    }

    /// Answers beside whatever else is answered on this base. The observer is told of every step and ends all answers
    /// by a `Break`; it may take its time.
    ///
    /// # Errors
    /// [`Error::Generation`], or [`Error::AnswererPanicked`].
    pub(crate) fn answer(&self, questions: Questions, observer: &mut AnswerObserver<'_>) -> Result<Given> {
        let (tell, told) = mpsc::channel();
        let left = Arc::new(AtomicBool::new(false));
        self.ask(Request {
            questions,
            reader: Reader { told: tell, left: Arc::clone(&left), heard: false },
        })?;
        let mut first_token = None;
        for told in told {
            let text = match told {
                Told::Piece { text, has_token } => {
                    if has_token {
                        first_token.get_or_insert_with(Instant::now);
                    }
                    text
                }
                Told::Waiting => String::new(),
                Told::Ended(Ok(answers)) => return Ok(Given { answers, first_token }),
                Told::Ended(Err(source)) => return Err(Error::Generation { source }),
            };
            if !left.load(Ordering::Relaxed) && observer(&text).is_break() {
                left.store(true, Ordering::Relaxed);
            }
        }
        Err(Error::AnswererPanicked)
    }

    /// Hands a request to the thread, and starts that if there is none.
    fn ask(&self, request: Request) -> Result<()> {
        let mut requests = self.requests.lock().unwrap_or_else(PoisonError::into_inner);
        let request = match requests.as_ref() {
            Some(requests) => match requests.send(request) {
                Ok(()) => return Ok(()),
                // It panicked over what was asked before; that need not happen again.
                Err(mpsc::SendError(request)) => request,
            },
            None => request,
        };
        let (send, receive) = mpsc::channel();
        let base = Arc::clone(&self.base);
        std::thread::Builder::new()
            .name("answers".to_owned())
            .spawn(move || answer(&base, &receive))
            .map_err(|source| Error::AnswererStart { source })?;
        // The thread has just begun to listen.
        send.send(request).map_err(|_| Error::AnswererPanicked)?;
        *requests = Some(send);
        Ok(())
    }
}

/// Answers until nobody can ask any more.
fn answer(base: &BaseModel, requests: &Receiver<Request>) {
    let mut answering = Answering::new(base);
    let mut readers: HashMap<Ticket, Reader> = HashMap::new();
    loop {
        let next = if answering.is_idle() {
            let Ok(request) = requests.recv() else { return };
            Some(request)
        } else {
            None
        };
        for request in next.into_iter().chain(requests.try_iter()) {
            readers.insert(answering.join(request.questions), request.reader);
        }
        for (ticket, reader) in &readers {
            if reader.left.load(Ordering::Relaxed) {
                answering.stop(*ticket);
            }
        }
        let ended = answering.step(&mut |ticket, piece| {
            let Some(reader) = readers.get_mut(&ticket) else { return ControlFlow::Break(Stop::All) };
            reader.heard = true;
            reader.tell(Told::Piece { text: piece.text.to_owned(), has_token: piece.token.is_some() })
        });
        for reader in readers.values_mut() {
            // Whoever waits for a place looks up now and then whether it is waited for itself.
            if !std::mem::take(&mut reader.heard) && reader.tell(Told::Waiting).is_break() {
                reader.left.store(true, Ordering::Relaxed);
            }
        }
        for ended in ended {
            if let Some(reader) = readers.remove(&ended.ticket) {
                // Who left is told nothing.
                let _ = reader.tell(Told::Ended(ended.answers));
            }
        }
    }
}

impl Reader {
    /// `Break` if nobody listens any more.
    fn tell(&self, told: Told) -> ControlFlow<Stop> {
        match self.told.send(told) {
            Ok(()) => ControlFlow::Continue(()),
            Err(_) => ControlFlow::Break(Stop::All),
        }
    }
}

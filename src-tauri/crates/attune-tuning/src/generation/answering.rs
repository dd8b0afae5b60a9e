//! The batch that answers are made in: what has ended leaves, and what waits enters in the next step.
//!
//! Not here: who enters next (`line`), how a token is chosen (`sequences`, `beams`).
//! Invariants: an answer is the same bits whatever is answered beside it; what goes wrong with one request ends that
//! request alone.
//! Memory: at most 72 sequences of greedy and sampled answers lie in it and 72 of beam searches, or one beam search of
//! more beams. Each has the keys and values of what it has read and, shared by the answers to one prompt, of its
//! source: `8 * decoder layers * attention width` bytes for each of their tokens. Prompts are read when they enter;
//! until then only their tokens are kept, as those of answers are that wait for the others of their request.

use std::fmt;
use std::ops::ControlFlow;
use std::sync::Arc;

use rayon::prelude::*;

use super::line::{self, Kind, Standing};
use super::sequences::Row;
use super::{Answer, Ask, Call, GenerationConfig, LONGEST_PROMPT, Piece, Search, Stop, Watch, beams};
use crate::answer_network::{Numbers, Sequence, SourceMemory};
use crate::vectors::are_finite;
use crate::{BaseModel, Error, ReadyAdapter, Result};

/// Positions that encoders read in one step, beyond the first prompt: whoever is in the middle of an answer waits for
/// them.
const READ_IN_ONE_STEP: usize = 2048;

/// Prompts with the way they shall be answered, checked and cut into tokens.
#[derive(Debug)]
pub struct Questions {
    prompts: Vec<Prompt>,
    config: GenerationConfig,
    shows_pieces: bool,
}

#[derive(Debug)]
struct Prompt {
    tokens: Vec<u32>,
    adapter: Option<ReadyAdapter>,
    seed: Option<u64>,
}

impl Questions {
    /// Checks everything that can be found wrong before answering.
    ///
    /// # Errors
    /// [`Error::InvalidSetting`] for an impossible setting, [`Error::PromptTooLong`] beyond [`LONGEST_PROMPT`],
    /// [`Error::AdapterOfAnotherBase`] for an adapter that was made ready for a base of another architecture.
    pub fn new(base: &BaseModel, asks: &[Ask<'_>], config: &GenerationConfig) -> Result<Self> {
        config.validate()?;
        let prompt = |ask: &Ask<'_>| {
            if let Some(adapter) = ask.adapter {
                adapter.refuse_other_base(base)?;
            }
            let tokens = base.tokenizer().encode_whole(ask.prompt)?;
            if tokens.len() > LONGEST_PROMPT {
                return Err(Error::PromptTooLong { tokens: tokens.len(), limit: LONGEST_PROMPT });
            }
            Ok(Prompt { tokens, adapter: ask.adapter.cloned(), seed: ask.seed })
        };
        let prompts = asks.iter().map(prompt).collect::<Result<_>>()?;
        Ok(Self { prompts, config: config.clone(), shows_pieces: true })
    }

    /// The same where nobody wants to see texts before their ends. A stopped row has none then.
    #[must_use]
    pub fn without_pieces(self) -> Self {
        Self { shows_pieces: false, ..self }
    }

    fn answers(&self) -> usize {
        self.prompts.len() * self.config.answers_for_each()
    }
}

/// Names a request that has joined.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Ticket(u64);

/// What became of a request.
#[derive(Debug)]
pub struct Ended {
    /// Which it was.
    pub ticket: Ticket,
    /// In the order of its prompts.
    pub answers: Result<Vec<Answer>>,
}

/// Answers of several requests, made together step by step.
///
/// Whoever owns it lets requests join at any time and makes one step after the other. Up to 64 rows are open at once,
/// and a place that frees goes to the request that has fewest open; eight more are for requests that have none, so that
/// one prompt need not wait for a row of a thousand to end. Beam searches have as many places of their own.
pub struct Answering<'b> {
    base: &'b BaseModel,
    /// The oldest first.
    requests: Vec<Request>,
    /// In the order they entered.
    open: Vec<Open>,
    joined: u64,
    entries: u64,
    /// Of a step, row by row; kept, as new memory is slow to write to.
    logits: Vec<f32>,
}

impl fmt::Debug for Answering<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (requests, open) = (self.requests.len(), self.open.len());
        formatter
            .debug_struct("Answering")
            .field("requests", &requests)
            .field("open", &open)
            .finish_non_exhaustive()
    }
}

struct Request {
    ticket: Ticket,
    questions: Questions,
    answers: Vec<Option<Answer>>,
    /// The place of the next answer that enters.
    next: usize,
    /// Of the prompt whose answers are entering.
    source: Option<Arc<SourceMemory>>,
    /// When one of its answers entered last.
    entered: u64,
    is_stopped: bool,
    failure: Option<Error>,
}

/// An answer that is being made.
struct Open {
    ticket: Ticket,
    /// The place of the answer among those of its request.
    row: usize,
    numbers: Numbers,
    search: Making,
}

enum Making {
    Row(Box<Row>),
    Beams(Box<beams::Search>),
}

impl<'b> Answering<'b> {
    /// A batch on this base, empty yet.
    pub fn new(base: &'b BaseModel) -> Self {
        Self { base, requests: Vec::new(), open: Vec::new(), joined: 0, entries: 0, logits: Vec::new() }
    }

    /// Takes a request in; its first rows enter with the next step.
    pub fn join(&mut self, questions: Questions) -> Ticket {
        self.joined += 1;
        let ticket = Ticket(self.joined);
        self.requests.push(Request {
            ticket,
            answers: vec![None; questions.answers()],
            questions,
            next: 0,
            source: None,
            entered: 0,
            is_stopped: false,
            failure: None,
        });
        ticket
    }

    /// Stops all that is open of a request: the next step gives its answers as far as they came, and begins with its
    /// places free.
    pub fn stop(&mut self, ticket: Ticket) {
        if let Some(request) = self.requests.iter_mut().find(|request| request.ticket == ticket) {
            request.is_stopped = true;
        }
    }

    /// Whether nothing is left to be answered.
    pub fn is_idle(&self) -> bool {
        self.requests.is_empty()
    }

    /// Lets in who waits, goes one token further with every answer that is open, and gives back the requests that have
    /// ended. The observer is told as that of [`answer`](super::answer) is, and by whose ticket.
    pub fn step(&mut self, observer: &mut dyn FnMut(Ticket, Piece<'_>) -> ControlFlow<Stop>) -> Vec<Ended> {
        let mut ended = self.ended();
        self.let_in();
        self.choose();
        self.tell(observer);
        ended.extend(self.ended());
        ended
    }

    fn let_in(&mut self) {
        let mut line: Vec<Standing> = self.requests.iter().map(|request| self.standing(request)).collect();
        let (mut entering, mut read) = (Vec::new(), 0);
        while read < READ_IN_ONE_STEP
            && let Some(place) = line::next(&line)
        {
            let (request, standing) = (&mut self.requests[place], &mut line[place]);
            let (prompt, number) = request.position();
            if number == 0 {
                let prompt = &request.questions.prompts[prompt];
                read += prompt.tokens.len() + prompt.adapter.as_ref().map_or(0, ReadyAdapter::rows);
            }
            entering.push((place, request.next));
            request.next += 1;
            self.entries += 1;
            request.entered = self.entries;
            *standing = Standing {
                taken: standing.taken + standing.size,
                waits: request.next < request.answers.len(),
                entered: request.entered,
                ..*standing
            };
        }
        let sources: Vec<Option<Result<SourceMemory>>> =
            entering.par_iter().map(|(place, row)| self.requests[*place].read(self.base, *row)).collect();
        for ((place, row), source) in entering.into_iter().zip(sources) {
            let request = &mut self.requests[place];
            match source {
                Some(Ok(source)) => request.source = Some(Arc::new(source)),
                Some(Err(error)) => request.fail(error),
                None => (),
            }
            self.open.extend(request.enter(self.base, row));
        }
    }

    fn standing(&self, request: &Request) -> Standing {
        let config = &request.questions.config;
        let size = config.sequences_for_each();
        let open = self.open.iter().filter(|open| open.ticket == request.ticket).count();
        Standing {
            kind: if matches!(config.search, Search::Beams(_)) { Kind::Beams } else { Kind::Rows },
            size,
            taken: open * size,
            waits: request.next < request.answers.len(),
            entered: request.entered,
        }
    }

    /// One step of the decoder, and the choice of every row.
    fn choose(&mut self) {
        for numbers in Numbers::ALL {
            self.choose_in(numbers);
        }
    }

    /// [`Self::choose`] of the rows that are computed in these numbers.
    fn choose_in(&mut self, numbers: Numbers) {
        let mut going: Vec<&mut Open> = self.open.iter_mut().filter(|open| open.numbers == numbers).collect();
        if going.is_empty() {
            return;
        }
        let width = self.base.architecture().vocabulary;
        let sizes: Vec<usize> = going.iter().map(|open| open.search.sequences()).collect();
        let (mut tokens, mut sequences) = (Vec::new(), Vec::new());
        for open in &mut going {
            open.search.next(&mut |token, sequence| {
                tokens.push(token);
                sequences.push(sequence);
            });
        }
        let network = self.base.answering(numbers);
        let kept = &mut self.logits;
        let logits = network.and_then(|network| network.decode_next(&tokens, &mut sequences, kept));
        let mut rest = match logits {
            Ok(logits) => logits,
            // The network was read and the tokens are its own, so this is nobody's fault and nobody can go on.
            Err(error) => {
                let error = Arc::new(error);
                self.requests.iter_mut().for_each(|request| request.fail(Error::Step(Arc::clone(&error))));
                return;
            }
        };
        let mut choosing = Vec::with_capacity(going.len());
        for (open, size) in going.into_iter().zip(sizes) {
            let (own, others) = rest.split_at_mut(size * width);
            choosing.push((open, own));
            rest = others;
        }
        let (base, requests) = (self.base, &self.requests);
        let failures: Vec<(Ticket, Error)> = choosing
            .into_par_iter()
            .filter_map(|(open, logits)| {
                let request = requests.iter().find(|request| request.ticket == open.ticket)?;
                let chosen = open.search.choose(request.call(base), logits);
                Some((open.ticket, chosen.err()?))
            })
            .collect();
        for (ticket, error) in failures {
            self.fail(ticket, error);
        }
    }

    fn tell(&mut self, observer: &mut dyn FnMut(Ticket, Piece<'_>) -> ControlFlow<Stop>) {
        for open in &mut self.open {
            let ticket = open.ticket;
            let Some(request) = self.requests.iter_mut().find(|request| request.ticket == ticket) else {
                continue;
            };
            if request.failure.is_some() {
                continue;
            }
            let mut watch = Watch {
                observer: &mut |piece| observer(ticket, piece),
                shows_text: request.questions.shows_pieces,
                stopped: request.is_stopped,
            };
            let told = open.search.tell(request.call(self.base), &mut watch);
            request.is_stopped = watch.stopped;
            if let Err(error) = told {
                request.fail(error);
            }
        }
    }

    /// Takes out the answers and the requests that have ended.
    fn ended(&mut self) -> Vec<Ended> {
        for open in std::mem::take(&mut self.open) {
            let Some(request) = self.requests.iter_mut().find(|request| request.ticket == open.ticket) else {
                continue;
            };
            if request.failure.is_some() {
                continue;
            }
            if request.is_stopped || open.search.is_finished() {
                match open.search.into_answer(request.call(self.base)) {
                    Ok(answer) => request.answers[open.row] = Some(answer),
                    Err(error) => request.fail(error),
                }
            } else {
                self.open.push(open);
            }
        }
        let ended = self.requests.extract_if(.., |request| {
            request.failure.is_some() || request.is_stopped || request.answers.iter().all(Option::is_some)
        });
        let ended: Vec<Ended> = ended.map(Request::into_ended).collect();
        // Of a request that failed when the last of its rows was looked at, others are still there.
        self.open.retain(|open| ended.iter().all(|ended| ended.ticket != open.ticket));
        ended
    }

    fn fail(&mut self, ticket: Ticket, error: Error) {
        if let Some(request) = self.requests.iter_mut().find(|request| request.ticket == ticket) {
            request.fail(error);
        }
    }
}

impl Request {
    fn call<'c>(&'c self, base: &'c BaseModel) -> Call<'c> {
        Call { base, config: &self.questions.config }
    }

    /// The prompt of the next answer, and the answer's number among those to it.
    fn position(&self) -> (usize, usize) {
        self.position_of(self.next)
    }

    fn position_of(&self, row: usize) -> (usize, usize) {
        let count = self.questions.config.answers_for_each();
        (row / count, row % count)
    }

    /// Lets the encoder read the prompt of an answer, if the answer is the first to it.
    fn read(&self, base: &BaseModel, row: usize) -> Option<Result<SourceMemory>> {
        let (prompt, number) = self.position_of(row);
        (number == 0).then(|| {
            let prompt = &self.questions.prompts[prompt];
            let network = base.answering(self.numbers())?;
            network.read_source(prompt.adapter.as_ref(), &prompt.tokens)
        })
    }

    /// Begins an answer whose prompt was read.
    fn enter(&mut self, base: &BaseModel, row: usize) -> Option<Open> {
        let source = Arc::clone(self.source.as_ref().filter(|_| self.failure.is_none())?);
        let (prompt, number) = self.position_of(row);
        let prompt = &self.questions.prompts[prompt];
        let (tokens, call) = (prompt.tokens.len(), self.call(base));
        let search = match &self.questions.config.search {
            Search::Beams(settings) => {
                Making::Beams(Box::new(beams::Search::new(call, settings, source, tokens, row)))
            }
            Search::Greedy | Search::Sampling(_) => {
                Making::Row(Box::new(Row::new(call, source, tokens, row, number, prompt.seed)))
            }
        };
        if number + 1 == self.questions.config.answers_for_each() {
            self.source = None;
        }
        Some(Open { ticket: self.ticket, row, numbers: self.numbers(), search })
    }

    fn numbers(&self) -> Numbers {
        self.questions.config.precision.numbers()
    }

    /// Keeps the first reason.
    fn fail(&mut self, error: Error) {
        self.failure.get_or_insert(error);
    }

    fn into_ended(self) -> Ended {
        let count = self.questions.config.answers_for_each();
        let not_begun = |row: usize| Answer::not_begun(self.questions.prompts[row / count].tokens.len());
        let answers = self.answers.into_iter().enumerate();
        let answers = answers.map(|(row, answer)| answer.unwrap_or_else(|| not_begun(row))).collect();
        Ended { ticket: self.ticket, answers: self.failure.map_or(Ok(answers), Err) }
    }
}

impl Making {
    /// How many sequences the decoder reads for it in the next step.
    fn sequences(&self) -> usize {
        match self {
            Self::Row(_) => 1,
            Self::Beams(search) => search.sequences(),
        }
    }

    /// Hands over what the decoder reads next.
    fn next<'s>(&'s mut self, take: &mut dyn FnMut(u32, &'s mut Sequence)) {
        match self {
            Self::Row(row) => {
                let (token, sequence) = row.next();
                take(token, sequence);
            }
            Self::Beams(search) => search.next().for_each(|(token, sequence)| take(token, sequence)),
        }
    }

    /// Chooses by the logits of its sequences.
    fn choose(&mut self, call: Call<'_>, logits: &mut [f32]) -> Result<()> {
        let position = match self {
            Self::Row(row) => row.position(),
            Self::Beams(search) => search.position(),
        };
        if !are_finite(logits) {
            return Err(Error::OutputNotFinite { position });
        }
        match self {
            Self::Row(row) => row.choose(call, logits),
            Self::Beams(search) => search.choose(call, logits),
        }
    }

    fn tell(&mut self, call: Call<'_>, watch: &mut Watch<'_, '_>) -> Result<()> {
        match self {
            Self::Row(row) => row.tell(call, watch),
            Self::Beams(search) => search.tell(call, watch),
        }
    }

    fn is_finished(&self) -> bool {
        match self {
            Self::Row(row) => row.is_finished(),
            Self::Beams(search) => search.is_finished(),
        }
    }

    fn into_answer(self, call: Call<'_>) -> Result<Answer> {
        match self {
            Self::Row(row) => Ok(row.into_answer()),
            Self::Beams(search) => search.into_answer(call),
        }
    }
}

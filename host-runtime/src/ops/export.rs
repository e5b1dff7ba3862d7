//! `earmark export`: what a journal holds, as lines of JSON: its events, or its inputs.
//!
//! Law: it changes nothing, runs beside a host that has the journal open, and holds a few records
//! at a time. It ends with what was there when it began.

use std::fs::File;
use std::io::{self, BufWriter, IsTerminal as _, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, Result, anyhow, bail, ensure};
use clap::{Args, ValueEnum};
use earmark_abi::Description;
use earmark_host::journal::{JournalReader, SqliteJournal};
use earmark_host::partition::{
    Contents, Feed, FeedEvent, Translator, check_plugin, event_kinds, one_line, source_of,
    write_cloud_event,
};
use earmark_host::plugin::Bodies;
use indicatif::ProgressBar;
use serde_json::json;

use super::inputs::{self, Head, Line, Writer};
use super::screen::{grouped, progress};

/// Records read at once.
const RECORDS: usize = 64;

/// Write what a journal holds as lines of JSON, beside the host that has it open.
#[derive(Debug, Args)]
pub(crate) struct Export {
    /// The directory of the journal
    dir: PathBuf,
    /// Begin with this event, or input [default: the first one]
    #[arg(long, value_name = "N")]
    from: Option<u64>,
    /// End with this event, or input [default: the last one]
    #[arg(long, value_name = "N")]
    to: Option<u64>,
    /// In which form events are written
    #[arg(long, value_enum, default_value_t = Form::Cloudevents)]
    format: Form,
    /// Events of this kind only, by name or by CloudEvents type
    #[arg(long, value_name = "NAME")]
    r#type: Option<String>,
    /// Events about this only
    #[arg(long)]
    subject: Option<String>,
    /// The inputs and what became of them instead, as `earmark import` takes them
    #[arg(long, conflicts_with_all = ["format", "type", "subject"])]
    inputs: bool,
    /// Write to this file, which is made, instead of the standard output
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Form {
    /// CloudEvents 1.0 in JSON, each as the feed has it
    Cloudevents,
    /// Place, input, moment, type, subject, owner and contents
    Jsonl,
}

impl Export {
    /// The directory of the journal.
    pub(crate) fn journal(&self) -> &Path {
        &self.dir
    }

    /// Writes it. A reader that goes away is no error.
    pub(crate) fn run(&self, bodies: &Arc<dyn Bodies>) -> Result<()> {
        let written = match &self.out {
            None => self.write(bodies, &mut io::stdout().lock(), !io::stdout().is_terminal()),
            Some(file) => self.to_file(bodies, file),
        };
        let gone = |error: &anyhow::Error| {
            let io = error.downcast_ref::<io::Error>();
            self.out.is_none() && io.is_some_and(|io| io.kind() == io::ErrorKind::BrokenPipe)
        };
        match written {
            Err(error) if gone(&error) => Ok(()),
            written => written,
        }
    }

    /// The file is there when it is whole.
    fn to_file(&self, bodies: &Arc<dyn Bodies>, file: &Path) -> Result<()> {
        let shown = file.display();
        let free = || {
            ensure!(!file.exists(), "there is a file `{shown}` already: name another one");
            Ok(())
        };
        free()?;
        let name = file.file_name().with_context(|| format!("`{shown}` is no file"))?;
        let draft = file.with_file_name(format!(".{}.partial", name.to_string_lossy()));
        let doing = || format!("can't write `{}`", draft.display());
        let options = File::options().write(true).create(true).truncate(false).open(&draft);
        let mut out = options.with_context(doing)?;
        out.try_lock().with_context(|| format!("another process writes `{shown}`"))?;
        let placed = (|| {
            out.set_len(0).with_context(doing)?;
            self.write(bodies, &mut out, true)?;
            out.sync_all().with_context(doing)?;
            free()?;
            std::fs::rename(&draft, file).with_context(|| format!("can't put `{shown}` in place"))
        })();
        if placed.is_err() {
            drop(std::fs::remove_file(&draft));
        }
        placed
    }

    fn write(&self, bodies: &Arc<dyn Bodies>, out: &mut dyn Write, bar: bool) -> Result<()> {
        let mut reader = SqliteJournal::open_reader(&self.dir)?;
        check_plugin(bodies.as_ref(), &mut reader)?;
        let (base, head) = (reader.base(), reader.head()?);
        let (what, first, next) = match self.inputs {
            true => ("input", base.next_input, head.next_input),
            false => ("event", base.next_event, head.next_event),
        };
        let last = next.saturating_sub(1);
        let (from, to) = (self.from.unwrap_or(first), self.to.unwrap_or(last));
        ensure!(from >= first, "the journal begins with {what} {first}: {from} is in its archive");
        ensure!(from <= next, "the journal ends with {what} {last}: there is none from {from} on");
        ensure!(to <= last, "the journal ends with {what} {last}: there is no {what} {to}");
        let bar = match bar {
            true => progress(to.saturating_add(1).saturating_sub(from), "exporting"),
            false => ProgressBar::hidden(),
        };
        let mut lines = Lines {
            says: bodies.description(),
            translator: Translator::new(Arc::clone(bodies)),
            source: source_of(reader.header()),
            out: BufWriter::with_capacity(1 << 16, out),
            bar,
            from,
            to,
            unreadable: 0,
            first_unreadable: None,
        };
        match self.inputs {
            true => lines.inputs(&mut reader)?,
            false => lines.events(Feed::new(Box::new(reader), from), self)?,
        }
        lines.out.flush()?;
        lines.bar.finish_and_clear();
        if let Some(first) = lines.first_unreadable {
            let count = grouped(lines.unreadable);
            bail!("{count} events can't be read by the plugin, the first of them {first}");
        }
        Ok(())
    }

    fn shows(&self, event: &FeedEvent, kinds: Option<&[u16]>) -> bool {
        kinds.is_none_or(|kinds| kinds.contains(&event.kind))
            && self.subject.as_ref().is_none_or(|subject| *subject == event.subject)
    }
}

/// Lines on their way out.
struct Lines<'a> {
    says: &'a Description,
    translator: Translator,
    source: String,
    out: BufWriter<&'a mut dyn Write>,
    bar: ProgressBar,
    from: u64,
    to: u64,
    /// Events that the plugin could not read, and the first of them.
    unreadable: u64,
    first_unreadable: Option<String>,
}

impl Lines<'_> {
    fn inputs(&mut self, reader: &mut dyn JournalReader) -> Result<()> {
        let mut text = Vec::new();
        inputs::write(&Line::Head(Head::new(reader.header(), self.from)), &mut text)?;
        let mut writer = Writer::new(self.says, &self.translator, self.from, self.to);
        let mut next = self.from;
        while next <= self.to {
            for sealed in reader.read(next, RECORDS)? {
                let (from, to) = (sealed.record.first_input, sealed.record.last_input());
                if from > self.to {
                    break;
                }
                let what = || format!("the inputs {from}..{to} can't be told");
                writer.record(&sealed, &mut text).with_context(what)?;
                self.out.write_all(&text)?;
                text.clear();
                next = sealed.record.next_input();
                self.bar.set_position(next.saturating_sub(self.from));
            }
        }
        writer.end(&mut text)?;
        Ok(self.out.write_all(&text)?)
    }

    fn events(&mut self, mut feed: Feed, asked: &Export) -> Result<()> {
        let named = |name: &String| {
            event_kinds(self.says, name).map_err(|known| {
                let known = known.join(", ");
                anyhow!("there is no event `{name}`; there are: {known}")
            })
        };
        let kinds = asked.r#type.as_ref().map(named).transpose()?;
        let mut text = Vec::new();
        while feed.next_sequence() <= self.to {
            let events = feed.more()?;
            if events.is_empty() {
                break;
            }
            let to = self.to;
            for event in events.iter().filter(|event| event.sequence <= to) {
                if asked.shows(event, kinds.as_deref()) {
                    self.event(asked.format, event, &mut text)?;
                    self.out.write_all(&text)?;
                    text.clear();
                }
            }
            self.bar.set_position(feed.next_sequence().saturating_sub(self.from));
        }
        Ok(())
    }

    fn event(&mut self, format: Form, event: &FeedEvent, text: &mut Vec<u8>) -> Result<()> {
        let contents = Contents::of(&self.translator, event.kind, &event.body);
        if let Some(why) = &contents.unreadable {
            self.unreadable = self.unreadable.saturating_add(1);
            self.first_unreadable.get_or_insert_with(|| format!("event {}: {why}", event.sequence));
        }
        if format == Form::Cloudevents {
            write_cloud_event(&self.source, self.says, event, &contents, text)?;
            text.push(b'\n');
            return Ok(());
        }
        let FeedEvent { sequence, input, at, kind, subject, owner, .. } = event;
        let ce_type = self.says.events.get(usize::from(*kind)).map(|event| &event.ce_type);
        let told = json!({
            "sequence": sequence,
            "input": input,
            "at": at,
            "type": ce_type,
            "subject": subject,
            "owner": owner,
        });
        serde_json::to_writer(&mut *text, &told)?;
        text.pop();
        text.extend_from_slice(contents.called.as_bytes());
        text.extend(one_line(&contents.json));
        text.extend_from_slice(b"}\n");
        Ok(())
    }
}

//! Logs and traces.

use crate::config::{LogFormat, TelemetryConfig};
use anyhow::Context;
use opentelemetry::trace::{SpanContext, SpanId, TraceContextExt, TraceFlags, TraceId, TraceState, TracerProvider};
use opentelemetry_otlp::{SpanExporter, WithExportConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SdkTracerProvider;
use std::io::IsTerminal;
use subjects::trace::TraceParent;
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer};

/// Sends what is left of the traces when it is dropped.
#[derive(Debug)]
pub struct Guard(SdkTracerProvider);

impl Drop for Guard {
    fn drop(&mut self) {
        if let Err(error) = self.0.shutdown() {
            eprintln!("the last spans were not sent: {error}");
        }
    }
}

/// Starts logging to standard output, and tracing. Spans get W3C ids whether or not they are sent anywhere.
pub fn start(config: &TelemetryConfig, service: &'static str) -> anyhow::Result<Guard> {
    let filter = EnvFilter::try_new(&config.log).context("NORTHSTAR_LOG is not a filter")?;
    let provider = tracer_provider(config, service)?;
    let traces =
        tracing_opentelemetry::layer().with_tracer(provider.tracer(service)).with_location(false).with_threads(false);
    tracing_subscriber::registry().with(filter).with(traces).with(logs(config.log_format)).try_init()?;
    Ok(Guard(provider))
}

fn tracer_provider(config: &TelemetryConfig, service: &'static str) -> anyhow::Result<SdkTracerProvider> {
    let builder = SdkTracerProvider::builder().with_resource(Resource::builder().with_service_name(service).build());
    if config.otlp_endpoint.is_empty() {
        return Ok(builder.build());
    }
    let exporter = SpanExporter::builder()
        .with_http()
        .with_endpoint(&config.otlp_endpoint)
        .build()
        .context("NORTHSTAR_OTLP_ENDPOINT cannot be used")?;
    Ok(builder.with_batch_exporter(exporter).build())
}

fn logs<S>(format: LogFormat) -> Box<dyn Layer<S> + Send + Sync>
where
    S: tracing::Subscriber + for<'a> tracing_subscriber::registry::LookupSpan<'a>,
{
    let is_json = match format {
        LogFormat::Auto => !std::io::stdout().is_terminal(),
        LogFormat::Json => true,
        LogFormat::Pretty => false,
    };
    let layer = tracing_subscriber::fmt::layer();
    if is_json { layer.json().flatten_event(true).boxed() } else { layer.boxed() }
}

/// The trace context of the current span; a new trace where there is none.
pub fn current() -> TraceParent {
    let context = Span::current().context();
    let span = context.span();
    let span = span.span_context();
    if !span.is_valid() {
        return TraceParent {
            trace_id: rand::random::<u128>().max(1),
            span_id: rand::random::<u64>().max(1),
            sampled: false,
        };
    }
    TraceParent {
        trace_id: u128::from_be_bytes(span.trace_id().to_bytes()),
        span_id: u64::from_be_bytes(span.span_id().to_bytes()),
        sampled: span.is_sampled(),
    }
}

/// Makes `span` a child of a span elsewhere. To be called before the span is entered.
pub fn set_parent(span: &Span, parent: &TraceParent) {
    let flags = if parent.sampled { TraceFlags::SAMPLED } else { TraceFlags::default() };
    let remote = SpanContext::new(
        TraceId::from_bytes(parent.trace_id.to_be_bytes()),
        SpanId::from_bytes(parent.span_id.to_be_bytes()),
        flags,
        true,
        TraceState::default(),
    );
    // Fails only where no layer records traces, and then there is no trace to continue.
    let _ = span.set_parent(opentelemetry::Context::new().with_remote_span_context(remote));
}

using System.Text.Encodings.Web;
using System.Text.Json;
using LoadBalancer.Configuration.Options;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;

namespace LoadBalancer.Observability;

/// <summary>The program's log on standard error. Its level may change while it runs, its format not.</summary>
internal sealed class Logging : IDisposable
{
    private const string Timestamp = "yyyy-MM-dd'T'HH:mm:ss.fff'Z'";

    private volatile int _level;

    public Logging(LogOptions options)
    {
        Apply(options);
        Factory = LoggerFactory.Create(builder =>
        {
            builder.SetMinimumLevel(LogLevel.Trace).AddFilter((category, level) => (int)level >= Threshold(category));
            if (options.Format == LogFormat.Json)
            {
                builder.AddJsonConsole(static json =>
                {
                    json.TimestampFormat = Timestamp;
                    json.UseUtcTimestamp = true;
                    json.JsonWriterOptions = new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
                });
            }
            else
            {
                builder.AddConsole(static console => console.FormatterName = TextFormatter.FormatterName).AddConsoleFormatter<TextFormatter, ConsoleFormatterOptions>();
            }
            builder.Services.Configure<ConsoleLoggerOptions>(static console => console.LogToStandardErrorThreshold = LogLevel.Trace);
        });
    }

    public ILoggerFactory Factory { get; }

    public void Apply(LogOptions options) => _level = (int)(options.Level switch
    {
        LogThreshold.Trace => LogLevel.Trace,
        LogThreshold.Debug => LogLevel.Debug,
        LogThreshold.Info => LogLevel.Information,
        LogThreshold.Warn => LogLevel.Warning,
        _ => LogLevel.Error,
    });

    public void Dispose() => Factory.Dispose();

    /// <summary>The libraries below say on "info" what only their developers want to know.</summary>
    private int Threshold(string? category) =>
        category is not null && category.StartsWith("LoadBalancer", StringComparison.Ordinal) || _level <= (int)LogLevel.Debug
            ? _level
            : Math.Max(_level, (int)LogLevel.Error);
}

using System.Text.Json;
using System.Text.Json.Serialization;
using LoadBalancer.Core.Health.Checks;

namespace LoadBalancer.Registry.State;

/// <summary>Consul's words for a status: <c>passing</c>, <c>warning</c>, <c>critical</c>.</summary>
internal sealed class CheckStatusConverter : JsonConverter<CheckStatus>
{
    public static string Text(CheckStatus status) => status switch
    {
        CheckStatus.Passing => "passing",
        CheckStatus.Warning => "warning",
        _ => "critical",
    };

    public static CheckStatus? Parse(string? text) => text switch
    {
        "passing" => CheckStatus.Passing,
        "warning" => CheckStatus.Warning,
        "critical" => CheckStatus.Critical,
        _ => null,
    };

    public override CheckStatus Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        Parse(reader.GetString()) ?? throw new JsonException("a status is passing, warning or critical");

    public override void Write(Utf8JsonWriter writer, CheckStatus value, JsonSerializerOptions options) =>
        writer.WriteStringValue(Text(value));
}

using System.Globalization;

namespace LoadBalancer.Core.Model.Meta;

/// <summary>What of a registration's meta is not in force, and why.</summary>
/// <param name="Registration">The newest registration that says so.</param>
/// <param name="Others">How many others say the same.</param>
/// <param name="Message">For people, with the remedy.</param>
public sealed record PolicyProblem(EndpointId Registration, int Others, string Message)
{
    /// <summary>For people, with the remedy. One line: it quotes what anybody may register.</summary>
    public string Message { get; } = string.Create(Message.Length, Message, static (line, message) =>
    {
        for (var i = 0; i < line.Length; i++)
        {
            line[i] = char.IsControl(message[i]) ? ' ' : message[i];
        }
    });

    /// <summary>"node/web-1 and 2 more: lb-balanse: unknown key; did you mean "lb-balance"?".</summary>
    public override string ToString() =>
        Others == 0 ? $"{Registration}: {Message}" : string.Create(CultureInfo.InvariantCulture, $"{Registration} and {Others} more: {Message}");
}

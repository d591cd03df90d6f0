using System.Text.Json;

namespace LoadBalancer.Configuration.Text;

/// <summary>What the JSON reader knew when it gave up. Offsets are in bytes.</summary>
/// <param name="At">The byte that it did not expect; the length of the text at its end.</param>
/// <param name="TokenStart">Where the unreadable token starts, or white space before it.</param>
/// <param name="Last">The last token that was read.</param>
/// <param name="IsKeyWithoutColon">The last token was a key, and what follows it is not a colon.</param>
/// <param name="Open">The innermost bracket that is open.</param>
internal sealed record SyntaxFault(int At, int TokenStart, JsonTokenType Last, bool IsKeyWithoutColon, OpenBracket? Open);

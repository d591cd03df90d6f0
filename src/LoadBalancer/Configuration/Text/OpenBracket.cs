namespace LoadBalancer.Configuration.Text;

/// <summary>A bracket that is open at some moment of the reading.</summary>
internal sealed record OpenBracket(char Bracket, int Line);

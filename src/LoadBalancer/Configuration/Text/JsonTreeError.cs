namespace LoadBalancer.Configuration.Text;

/// <summary>What is wrong with a JSON text, and where.</summary>
/// <param name="Position">The place.</param>
/// <param name="Path">The member that it is about, or the root.</param>
/// <param name="Message">One sentence without a final dot.</param>
public sealed record JsonTreeError(TextPosition Position, ConfigurationPath Path, string Message);

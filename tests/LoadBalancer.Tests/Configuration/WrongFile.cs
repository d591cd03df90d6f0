namespace LoadBalancer.Tests.Configuration;

/// <summary>A file that is refused.</summary>
/// <param name="Name">What is wrong, for the name of the test.</param>
/// <param name="Text">The content.</param>
/// <param name="Errors">The lines that the user gets to see.</param>
internal sealed record WrongFile(string Name, string Text, string Errors);

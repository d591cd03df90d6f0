namespace LoadBalancer.Configuration.Text;

/// <summary>A place in a text file. Both count from 1; a column is one UTF-16 code unit, as editors count.</summary>
public readonly record struct TextPosition(int Line, int Column);

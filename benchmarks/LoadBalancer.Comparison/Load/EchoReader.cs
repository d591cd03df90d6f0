namespace LoadBalancer.Comparison.Load;

/// <summary>An answer as long as the message.</summary>
internal sealed class EchoReader(int length) : IAnswerReader
{
    private long _missing = length;

    public bool Complete => _missing == 0;

    public bool Good => true;

    public long Skippable => _missing;

    public void Reset() => _missing = length;

    public void Read(ReadOnlySpan<byte> data) => Skip(data.Length);

    public void Skip(long count)
    {
        _missing -= count;
        if (_missing < 0)
        {
            throw new InvalidDataException("more was echoed than was sent");
        }
    }
}

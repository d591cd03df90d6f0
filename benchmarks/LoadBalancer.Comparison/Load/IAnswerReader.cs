namespace LoadBalancer.Comparison.Load;

/// <summary>Finds the end of one answer in a connection's bytes.</summary>
internal interface IAnswerReader
{
    /// <summary>Whether the whole answer has arrived.</summary>
    bool Complete { get; }

    /// <summary>Whether the answer is a good one; meaningful once it is complete.</summary>
    bool Good { get; }

    /// <summary>Bytes of the answer that may be received without looking at them; 0 while each byte must be read.</summary>
    long Skippable { get; }

    /// <summary>Waits for the next answer.</summary>
    void Reset();

    /// <summary>Takes the bytes that came; throws <see cref="InvalidDataException"/> when they cannot be an answer.</summary>
    void Read(ReadOnlySpan<byte> data);

    /// <summary>Takes note of <paramref name="count"/> bytes that were skipped.</summary>
    void Skip(long count);
}

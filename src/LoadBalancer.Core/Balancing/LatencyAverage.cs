namespace LoadBalancer.Core.Balancing;

/// <summary>
/// A peak-sensitive moving average of an endpoint's latency (as in Finagle's balancer): a slower answer counts in full and
/// at once, faster ones pull it down over ten seconds, and so does silence, so that an endpoint that was slow is asked
/// again. Latency is the time until the endpoint begins to answer. No lock: average and time are one word.
/// </summary>
internal sealed class LatencyAverage(TimeProvider time)
{
    private const float DecayMilliseconds = 10_000;

    /// <summary>The average in seconds as a float in the upper half, its time in the lower; 0 before the first answer.</summary>
    private long _word;

    /// <summary>
    /// Milliseconds on the clock, which wrap around after 49 days. Answers within one millisecond count as one, except
    /// slower ones.
    /// </summary>
    public uint Now => (uint)(time.GetTimestamp() / (time.TimestampFrequency / 1000));

    /// <summary>A timestamp to measure from.</summary>
    public long Begin() => time.GetTimestamp();

    /// <summary>The average at a time, in seconds; 0 before the first answer.</summary>
    public float SecondsAt(uint now) => Decayed(Volatile.Read(ref _word), now);

    /// <summary>Takes an answer to what began then.</summary>
    public void Answered(long begun) => Observe(begun, isAnswer: true);

    /// <summary>
    /// Takes that there was no answer to what began then: it would have taken longer than this, so an endpoint that fails
    /// fast does not look fast.
    /// </summary>
    public void Unanswered(long begun) => Observe(begun, isAnswer: false);

    private void Observe(long begun, bool isAnswer)
    {
        // Never 0, which means that nothing is known.
        var seconds = Math.Max(1e-9f, (float)time.GetElapsedTime(begun).TotalSeconds);
        var now = Now;
        long word, next;
        do
        {
            word = Volatile.Read(ref _word);
            var decayed = Decayed(word, now);
            if (seconds <= decayed)
            {
                if (!isAnswer || Elapsed(word, now) == 0)
                {
                    return;
                }
                // exp(-t/T) of the old average is left; the rest comes from the answer.
                next = Word(decayed + (seconds * (1 - MathF.Exp(-Elapsed(word, now) / DecayMilliseconds))), now);
            }
            else
            {
                next = Word(seconds, now);
            }
        }
        while (Interlocked.CompareExchange(ref _word, next, word) != word);
    }

    private static float Decayed(long word, uint now)
    {
        var average = BitConverter.Int32BitsToSingle((int)(word >> 32));
        var elapsed = Elapsed(word, now);
        return average == 0 || elapsed == 0 ? average : average * MathF.Exp(-elapsed / DecayMilliseconds);
    }

    /// <summary>Milliseconds since the word was written; 0 when another thread was ahead with a later time.</summary>
    private static int Elapsed(long word, uint now) => Math.Max(0, (int)(now - (uint)word));

    private static long Word(float seconds, uint now) => ((long)BitConverter.SingleToInt32Bits(seconds) << 32) | now;
}

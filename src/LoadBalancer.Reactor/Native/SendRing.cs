using System.Runtime.InteropServices;

namespace LoadBalancer.Reactor.Native;

/// <summary>
/// An io_uring(7) for one thing: many sends with one system call. Nothing waits in it: every send is over, taken or not, when
/// <see cref="Submit"/> returns, and only what was not taken in full has a completion. Belongs to the thread that made it.
/// </summary>
internal sealed unsafe class SendRing : IDisposable
{
    /// <summary>How many sends fit one submission.</summary>
    public const int Capacity = 64;

    private const uint SingleIssuer = 1 << 12;
    private const uint DeferTaskRun = 1 << 13;
    private const uint SubmitAll = 1 << 7;
    private const uint SingleMap = 1 << 0;
    private const uint SkipsCompletions = 1 << 11;
    private const byte OperationSend = 26;
    private const byte SkipOnSuccess = 1 << 6;
    private const long SubmissionsOffset = 0x10000000;
    private const int SubmissionSize = 64;
    private const int CompletionSize = 16;

    private readonly int _fd;
    private readonly byte* _rings;
    private readonly nuint _ringsSize;
    private readonly byte* _submissions;
    private readonly uint* _submissionTail;
    private readonly uint* _completionHead;
    private readonly uint* _completionTail;
    private readonly uint _completionMask;
    private readonly byte* _completions;
    private uint _prepared;

    private SendRing(int fd, in Parameters parameters)
    {
        _fd = fd;
        _ringsSize = Math.Max(parameters.SubmissionArray + ((nuint)parameters.SubmissionEntries * sizeof(uint)), parameters.Completions + ((nuint)parameters.CompletionEntries * CompletionSize));
        _rings = Libc.Map(fd, _ringsSize, 0);
        _submissions = Libc.Map(fd, Capacity * SubmissionSize, SubmissionsOffset);
        if (_rings is null || _submissions is null)
        {
            Dispose();
            return;
        }
        _submissionTail = (uint*)(_rings + parameters.SubmissionTail);
        _completionHead = (uint*)(_rings + parameters.CompletionHead);
        _completionTail = (uint*)(_rings + parameters.CompletionTail);
        _completionMask = *(uint*)(_rings + parameters.CompletionMask);
        _completions = _rings + parameters.Completions;
        var array = (uint*)(_rings + parameters.SubmissionArray);
        for (var i = 0u; i < Capacity; i++)
        {
            array[i] = i;
        }
    }

    /// <summary>Null where the kernel has none (Linux 6.1 and later have it) or does not let us (containers often).</summary>
    public static SendRing? TryCreate()
    {
        var parameters = new Parameters { Flags = SingleIssuer | DeferTaskRun | SubmitAll };
        var fd = Libc.CreateRing(Capacity, ref parameters);
        if (fd < 0)
        {
            return null;
        }
        const uint needed = SingleMap | SkipsCompletions;
        if ((parameters.Features & needed) != needed)
        {
            _ = Libc.Close(fd);
            return null;
        }
        var ring = new SendRing(fd, parameters);
        return ring._completions is null ? null : ring;
    }

    /// <summary>Puts a send into the next submission; the bytes must stay where they are until that.</summary>
    /// <param name="fd">A stream socket.</param>
    /// <param name="bytes">Pinned.</param>
    /// <param name="length">How many.</param>
    /// <param name="tag">Names it in <see cref="TryGetFailed"/>.</param>
    public void Add(int fd, byte* bytes, int length, int tag)
    {
        var submission = _submissions + ((*_submissionTail + _prepared++) % Capacity * SubmissionSize);
        new Span<byte>(submission, SubmissionSize).Clear();
        submission[0] = OperationSend;
        submission[1] = SkipOnSuccess;
        *(int*)(submission + 4) = fd;
        *(ulong*)(submission + 16) = (ulong)bytes;
        *(int*)(submission + 24) = length;
        // "All" so that a part counts as a failure, which has a completion; "not waiting" so that nothing stays behind.
        *(int*)(submission + 28) = Libc.MsgNoSignal | Libc.MsgDontWait | Libc.MsgWaitAll;
        *(ulong*)(submission + 32) = (ulong)tag;
    }

    /// <summary>Sends; how many of the added ones the kernel looked at, in their order. The rest is forgotten.</summary>
    public int Submit()
    {
        Volatile.Write(ref *_submissionTail, *_submissionTail + _prepared);
        var count = Libc.EnterRing(_fd, _prepared);
        if (count != _prepared)
        {
            // What the kernel did not take must not go out with a later submission.
            Volatile.Write(ref *_submissionTail, *_submissionTail - (_prepared - (uint)Math.Max(count, 0)));
        }
        _prepared = 0;
        return Math.Max(count, 0);
    }

    /// <summary>The next send that was not taken in full: how many bytes were, or an error number below zero.</summary>
    public bool TryGetFailed(out int tag, out int result)
    {
        var head = *_completionHead;
        if (head == Volatile.Read(ref *_completionTail))
        {
            tag = 0;
            result = 0;
            return false;
        }
        var completion = _completions + ((head & _completionMask) * CompletionSize);
        tag = (int)*(ulong*)completion;
        result = *(int*)(completion + 8);
        Volatile.Write(ref *_completionHead, head + 1);
        return true;
    }

    public void Dispose()
    {
        Libc.Unmap(_submissions, Capacity * SubmissionSize);
        Libc.Unmap(_rings, _ringsSize);
        _ = Libc.Close(_fd);
    }

    /// <summary>struct io_uring_params (io_uring_setup(2)).</summary>
    [StructLayout(LayoutKind.Explicit, Size = 120)]
    internal struct Parameters
    {
        [FieldOffset(0)]
        public uint SubmissionEntries;

        [FieldOffset(4)]
        public uint CompletionEntries;

        [FieldOffset(8)]
        public uint Flags;

        [FieldOffset(20)]
        public uint Features;

        [FieldOffset(44)]
        public uint SubmissionTail;

        [FieldOffset(64)]
        public uint SubmissionArray;

        [FieldOffset(80)]
        public uint CompletionHead;

        [FieldOffset(84)]
        public uint CompletionTail;

        [FieldOffset(88)]
        public uint CompletionMask;

        [FieldOffset(100)]
        public uint Completions;
    }
}

using System.Globalization;
using System.Net.Sockets;
using LoadBalancer.Soak.Checks;
using LoadBalancer.Soak.Messages;

namespace LoadBalancer.Soak.Backends;

/// <summary>Does with every request what its <see cref="Plan"/> says.</summary>
internal sealed class HttpBackendConnection(Socket socket, Backend backend, Ledger ledger, int seed) : BackendConnection
{
    private readonly Wire _wire = new(socket);
    private readonly Random _random = new(seed);
    private long _last;
    private volatile bool _isAborted;
    private volatile bool _isIdle;

    public override async Task RunAsync()
    {
        _isIdle = true;
        while (await _wire.TryReadHeadAsync() is { } head)
        {
            _isIdle = false;
            var plan = Plan.Parse(head.First, head.Second);
            backend.CountRequest();
            if (ledger.Seen(plan.Id) is > 1 and var times && !plan.IsRepeatable)
            {
                ledger.Violation($"came {times} times and must not: {plan}: {head.Text.ReplaceLineEndings(" | ")}");
            }
            Interlocked.Exchange(ref _last, plan.Id);
            if (_isAborted)
            {
                ledger.Cut(plan.Id);
            }
            if (!await AnswerAsync(plan, head))
            {
                return;
            }
            _isIdle = true;
        }
    }

    public override void Abort()
    {
        // Also of a request that has been answered: the reset may overtake the answer.
        _isAborted = true;
        if (Interlocked.Read(ref _last) is > 0 and var id)
        {
            ledger.Cut(id);
        }
        _wire.Reset();
    }

    public override void CloseIfIdle()
    {
        if (_isIdle)
        {
            _wire.Dispose();
        }
    }

    public override void Dispose() => _wire.Dispose();

    private async Task<bool> AnswerAsync(Plan plan, Head head)
    {
        if (plan.Act is Act.CutBefore)
        {
            return Cut(plan);
        }
        if (plan.Act is Act.Garbage)
        {
            ledger.Cut(plan.Id);
            _wire.Write("what?\r\n\r\n");
            await _wire.FlushAsync();
            return false;
        }
        if (head.Field("Expect") is not null)
        {
            _wire.Write("HTTP/1.1 100 Continue\r\n\r\n");
            await _wire.FlushAsync();
        }
        if (plan.Act is not Act.Early)
        {
            await ReadBodyAsync(plan, head);
        }
        if (plan.Act is Act.Interim)
        {
            _wire.Write("HTTP/1.1 103 Early Hints\r\nLink: </style>; rel=preload\r\n\r\n");
            await _wire.FlushAsync();
        }
        var closes = plan.Act is Act.Close || (plan.AnswerFraming == Framing.UntilClose && plan.Method != "HEAD");
        WriteHead(plan, closes);
        if (plan.Act is Act.CutHead)
        {
            await _wire.FlushAsync(_random.Next(1, _wire.Written));
            return Cut(plan);
        }
        if (plan.Method != "HEAD")
        {
            var count = plan.Act is Act.CutBody ? _random.Next(0, plan.AnswerLength + 1) : plan.AnswerLength;
            await _wire.WriteBodyAsync(plan.AnswerFraming, Pattern.OfAnswer(plan.Id), plan.AnswerLength, count, _random);
        }
        await _wire.FlushAsync();
        if (plan.Act is Act.CutBody)
        {
            return Cut(plan);
        }
        if (plan.Act is Act.Early)
        {
            await ReadBodyAsync(plan, head);
        }
        if (plan.Act is Act.CloseUnsaid)
        {
            await Task.Delay(_random.Next(0, 10));
            return !_wire.IsQuiet;
        }
        return !closes;
    }

    private void WriteHead(Plan plan, bool closes)
    {
        _wire.Write(string.Create(CultureInfo.InvariantCulture, $"HTTP/1.1 200 OK\r\nX-Id: {plan.Id}\r\nX-Got: {plan.Length}\r\n"));
        _wire.Write(plan.AnswerFraming switch
        {
            Framing.Length => string.Create(CultureInfo.InvariantCulture, $"Content-Length: {plan.AnswerLength}\r\n"),
            Framing.Chunked => "Transfer-Encoding: chunked\r\n",
            _ => "",
        });
        _wire.Write(closes ? "Connection: close\r\n\r\n" : "\r\n");
    }

    private async ValueTask ReadBodyAsync(Plan plan, Head head)
    {
        var framing = head.FramingOf(out var length);
        framing = framing == Framing.UntilClose ? Framing.None : framing;
        var came = await _wire.ReadBodyAsync(framing, length, Pattern.OfRequest(plan.Id));
        if (came != plan.Length)
        {
            throw new MismatchException($"request {plan.Id} ended after {came} of {plan.Length} bytes and looked whole");
        }
    }

    private bool Cut(Plan plan)
    {
        ledger.Cut(plan.Id);
        // A body that only the end of the connection ends is cut by a reset or not at all.
        if (plan.AnswerFraming == Framing.UntilClose || _random.Next(2) == 0)
        {
            _wire.Reset();
        }
        return false;
    }
}

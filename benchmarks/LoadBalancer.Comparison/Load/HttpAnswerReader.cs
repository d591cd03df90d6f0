using System.Buffers.Text;

namespace LoadBalancer.Comparison.Load;

/// <summary>An HTTP/1.1 answer with a Content-Length, which is what every backend here sends.</summary>
internal sealed class HttpAnswerReader : IAnswerReader
{
    private readonly byte[] _head = new byte[8 * 1024];
    private int _headLength;
    private bool _inBody;
    private long _missing;

    public bool Complete => _inBody && _missing == 0;

    public bool Good { get; private set; }

    public long Skippable => _inBody ? _missing : 0;

    public void Reset()
    {
        _headLength = 0;
        _inBody = false;
        Good = false;
    }

    public void Read(ReadOnlySpan<byte> data)
    {
        if (_inBody)
        {
            Skip(data.Length);
            return;
        }
        var added = Math.Min(data.Length, _head.Length - _headLength);
        data[..added].CopyTo(_head.AsSpan(_headLength));
        var searchFrom = Math.Max(_headLength - 3, 0);
        _headLength += added;
        var end = _head.AsSpan(searchFrom, _headLength - searchFrom).IndexOf("\r\n\r\n"u8);
        if (end >= 0)
        {
            var headLength = searchFrom + end + 4;
            ReadHead(_head.AsSpan(0, headLength));
            Skip(data.Length - (headLength - (_headLength - added)));
        }
        else if (_headLength == _head.Length)
        {
            throw new InvalidDataException("the head of an answer is longer than 8 KB");
        }
    }

    public void Skip(long count)
    {
        _missing -= count;
        if (_missing < 0)
        {
            throw new InvalidDataException("more came than the answer's Content-Length");
        }
    }

    private void ReadHead(ReadOnlySpan<byte> head)
    {
        if (!head.StartsWith("HTTP/1."u8))
        {
            throw new InvalidDataException("an answer does not begin with HTTP/1");
        }
        Good = head[9..].StartsWith("200"u8);
        _missing = ContentLength(head);
        _inBody = true;
    }

    private static long ContentLength(ReadOnlySpan<byte> head)
    {
        var name = "\ncontent-length:"u8;
        for (var at = head.IndexOf((byte)'\n'); at >= 0 && head.Length - at > name.Length;)
        {
            var line = head[at..];
            if (System.Text.Ascii.EqualsIgnoreCase(line[..name.Length], name)
                && Utf8Parser.TryParse(line[name.Length..].TrimStart((byte)' '), out long length, out _))
            {
                return length;
            }
            var next = line[1..].IndexOf((byte)'\n');
            at = next < 0 ? -1 : at + 1 + next;
        }
        throw new InvalidDataException("an answer has no Content-Length");
    }
}

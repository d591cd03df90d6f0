using System.Text;

namespace LoadBalancer.Configuration.Text;

/// <summary>Turns byte offsets of a UTF-8 text into lines and columns.</summary>
internal sealed class TextLines
{
    private readonly ReadOnlyMemory<byte> _text;
    private readonly List<int> _starts = [0];

    public TextLines(ReadOnlyMemory<byte> text)
    {
        _text = text;
        var bytes = text.Span;
        for (var i = 0; i < bytes.Length; i++)
        {
            if (bytes[i] == '\n')
            {
                _starts.Add(i + 1);
            }
        }
    }

    /// <summary>The place of the byte at <paramref name="offset"/>; the length of the text is the place after its end.</summary>
    public TextPosition At(int offset)
    {
        var found = _starts.BinarySearch(offset);
        var line = found >= 0 ? found : ~found - 1;
        return new TextPosition(line + 1, Encoding.UTF8.GetCharCount(_text.Span[_starts[line]..offset]) + 1);
    }

    /// <summary>The offset of a line (from 0) and a byte within it, as <see cref="System.Text.Json.JsonException"/> gives them.</summary>
    public int Offset(long line, long byteInLine) =>
        (int)Math.Clamp(_starts[(int)Math.Min(line, _starts.Count - 1)] + byteInLine, 0, _text.Length);
}

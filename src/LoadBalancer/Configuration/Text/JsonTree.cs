using System.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace LoadBalancer.Configuration.Text;

/// <summary>
/// Reads JSON (RFC 8259) with comments and trailing commas into nodes that know their place. A key that an object has
/// twice is an error (the first one stays); a syntax error ends the reading. No input makes it throw.
/// </summary>
public sealed class JsonTree
{
    private const int MaxDepth = 32;

    private static readonly JsonReaderOptions s_options = new()
    {
        AllowTrailingCommas = true,
        CommentHandling = JsonCommentHandling.Skip,
        // Deeper than ours, so that ours speaks first.
        MaxDepth = MaxDepth + 2,
    };

    private readonly ReadOnlyMemory<byte> _text;
    private readonly TextLines _lines;
    private readonly List<JsonTreeError> _errors = [];
    private readonly Stack<OpenBracket> _open = new();
    private long _lastToken = -1;

    private JsonTree(ReadOnlyMemory<byte> text)
    {
        _text = text;
        _lines = new TextLines(text);
    }

    /// <summary>Reads a UTF-8 text with or without a byte order mark.</summary>
    /// <returns>The root, or null where the syntax is wrong; and every error.</returns>
    public static (JsonTreeNode? Root, IReadOnlyList<JsonTreeError> Errors) Parse(ReadOnlyMemory<byte> text)
    {
        var bytes = text.Span;
        if (bytes.StartsWith(Encoding.UTF8.Preamble))
        {
            text = text[Encoding.UTF8.Preamble.Length..];
        }
        else if (bytes is [0xFF, 0xFE, ..] or [0xFE, 0xFF, ..])
        {
            return (null, [new JsonTreeError(new TextPosition(1, 1), ConfigurationPath.Root, "the file is UTF-16; save it as UTF-8")]);
        }
        var tree = new JsonTree(text);
        return (tree.Read(), tree._errors);
    }

    private JsonTreeNode? Read()
    {
        if (FirstInvalidByte(_text.Span) is var invalid and >= 0)
        {
            return Refuse(invalid, "this byte is not UTF-8; save the file as UTF-8");
        }
        var reader = new Utf8JsonReader(_text.Span, s_options);
        try
        {
            Next(ref reader);
            var root = Value(ref reader, default, ConfigurationPath.Root);
            // Nothing may follow: the reader throws if something does.
            reader.Read();
            return root;
        }
        catch (JsonException e) when (e.LineNumber is not null)
        {
            var at = _lines.Offset(e.LineNumber.Value, e.BytePositionInLine ?? 0);
            var (offset, message) = SyntaxErrors.Explain(_text.Span, new SyntaxFault(
                At: at,
                TokenStart: (int)reader.BytesConsumed,
                Last: reader.TokenType,
                // The reader takes a key for a text until it has seen the colon.
                IsKeyWithoutColon: reader.TokenType == JsonTokenType.String && reader.TokenStartIndex != _lastToken && reader.TokenStartIndex < reader.BytesConsumed,
                Open: _open.TryPeek(out var open) ? open : null));
            return Refuse(offset, message);
        }
        catch (DepthException e)
        {
            return Refuse(e.Offset, $"nested more than {MaxDepth} deep; nothing in lb.json is");
        }
        catch (InvalidOperationException)
        {
            return Refuse((int)reader.TokenStartIndex, "a \\u escape in this text is half of a surrogate pair; write the character itself");
        }
    }

    private JsonTreeNode? Refuse(int offset, string message)
    {
        _errors.Add(new JsonTreeError(_lines.At(offset), ConfigurationPath.Root, message));
        return null;
    }

    private void Next(ref Utf8JsonReader reader)
    {
        reader.Read();
        _lastToken = reader.TokenStartIndex;
    }

    private JsonTreeNode Value(ref Utf8JsonReader reader, TextPosition key, ConfigurationPath path)
    {
        var offset = (int)reader.TokenStartIndex;
        var position = _lines.At(offset);
        key = key == default ? position : key;
        switch (reader.TokenType)
        {
            case JsonTokenType.StartObject:
                Enter('{', offset);
                var members = Members(ref reader, path);
                _open.Pop();
                return new JsonTreeNode(JsonValueKind.Object, key, position) { Members = members };
            case JsonTokenType.StartArray:
                Enter('[', offset);
                var items = Items(ref reader, path);
                _open.Pop();
                return new JsonTreeNode(JsonValueKind.Array, key, position) { Items = items };
            case JsonTokenType.String:
                return new JsonTreeNode(JsonValueKind.String, key, position) { Text = reader.GetString()! };
            case JsonTokenType.Number:
                return new JsonTreeNode(JsonValueKind.Number, key, position) { Text = Encoding.UTF8.GetString(reader.ValueSpan) };
            case JsonTokenType.True:
                return new JsonTreeNode(JsonValueKind.True, key, position);
            case JsonTokenType.False:
                return new JsonTreeNode(JsonValueKind.False, key, position);
            default:
                return new JsonTreeNode(JsonValueKind.Null, key, position);
        }
    }

    private OrderedDictionary<string, JsonTreeNode> Members(ref Utf8JsonReader reader, ConfigurationPath path)
    {
        var members = new OrderedDictionary<string, JsonTreeNode>();
        for (Next(ref reader); reader.TokenType != JsonTokenType.EndObject; Next(ref reader))
        {
            var key = _lines.At((int)reader.TokenStartIndex);
            var name = reader.GetString()!;
            var memberPath = path.Key(name);
            Next(ref reader);
            var value = Value(ref reader, key, memberPath);
            if (!members.TryAdd(name, value))
            {
                _errors.Add(new JsonTreeError(key, memberPath, $"the key is given twice, first in line {members[name].KeyPosition.Line}; keep one of them"));
            }
        }
        return members;
    }

    private List<JsonTreeNode> Items(ref Utf8JsonReader reader, ConfigurationPath path)
    {
        var items = new List<JsonTreeNode>();
        for (Next(ref reader); reader.TokenType != JsonTokenType.EndArray; Next(ref reader))
        {
            items.Add(Value(ref reader, default, path.Item(items.Count)));
        }
        return items;
    }

    private void Enter(char bracket, int offset)
    {
        if (_open.Count == MaxDepth)
        {
            throw new DepthException(offset);
        }
        _open.Push(new OpenBracket(bracket, _lines.At(offset).Line));
    }

    private static int FirstInvalidByte(ReadOnlySpan<byte> text)
    {
        if (Utf8.IsValid(text))
        {
            return -1;
        }
        var offset = 0;
        while (Rune.DecodeFromUtf8(text[offset..], out _, out var length) == System.Buffers.OperationStatus.Done)
        {
            offset += length;
        }
        return offset;
    }

    /// <summary>Leaves the recursion; never leaves this class.</summary>
    private sealed class DepthException(int offset) : Exception
    {
        public int Offset { get; } = offset;
    }
}

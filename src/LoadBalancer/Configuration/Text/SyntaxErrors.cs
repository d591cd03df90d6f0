using System.Text;
using System.Text.Json;

namespace LoadBalancer.Configuration.Text;

/// <summary>Says in a sentence what is wrong with the syntax of a JSON text and what to write instead.</summary>
internal static class SyntaxErrors
{
    /// <summary>The offset to point at, and the sentence.</summary>
    public static (int Offset, string Message) Explain(ReadOnlySpan<byte> text, SyntaxFault fault)
    {
        var start = SkipWhiteSpace(text, Math.Min(fault.TokenStart, fault.At));
        var token = text[start..];
        if (token.StartsWith("/*"u8) && token.IndexOf("*/"u8) < 0)
        {
            return (start, "this comment is never closed; end it with */");
        }
        if (fault.IsKeyWithoutColon)
        {
            return (fault.At, "a colon is missing between the key and its value");
        }
        if (token is [(byte)'"', ..] && fault.At > start)
        {
            return InText(text, start, fault.At);
        }
        if (fault.At >= text.Length && fault.Open is null)
        {
            return (0, "the file is empty; the least that it needs is { \"listeners\": { \"web\": { \"bind\": \":8080\" } } } and a source");
        }
        if (fault.At >= text.Length && !IsWordAt(token))
        {
            return (text.Length, $"the file ends, but the {fault.Open!.Bracket} of line {fault.Open.Line} is still open");
        }
        if (IsWordAt(token) && fault.At > start)
        {
            return (start, InWord(Word(token)));
        }
        return (fault.At, Unexpected(text[fault.At..], fault));
    }

    private static (int, string) InText(ReadOnlySpan<byte> text, int start, int at)
    {
        if (at >= text.Length || text[at] is (byte)'\n' or (byte)'\r')
        {
            return (start, "this text has no closing quote in its line");
        }
        return text[at] < 0x20
            ? (at, "a control character in a text; write \\t for a tab, \\u00XX for others")
            : (at, "this is no escape of JSON; a backslash itself is written \\\\");
    }

    private static string InWord(string word)
    {
        if (word[0] is not ('-' or '.' or (>= '0' and <= '9')))
        {
            return NotAValue(word);
        }
        return word[^1] is 's' or 'm' or 'h'
            ? $"a duration stands in double quotes: \"{word}\""
            : $"{word} is not a number; a text stands in double quotes";
    }

    private static string Unexpected(ReadOnlySpan<byte> rest, SyntaxFault fault)
    {
        Rune.DecodeFromUtf8(rest, out var rune, out _);
        var inObject = fault.Open is { Bracket: '{' };
        var afterValue = fault.Last is not (JsonTokenType.PropertyName or JsonTokenType.StartArray or JsonTokenType.StartObject or JsonTokenType.None);
        switch (rune.ToString())
        {
            case "'":
                return "keys and texts stand in double quotes, not in single ones";
            case "\u201C" or "\u201D" or "\u201E" or "\u2018" or "\u2019":
                return "a typographic quote; write a plain \"";
            case "\u00A0" or "\u200B" or "\uFEFF":
                return $"an invisible character (U+{rune.Value:X4}); write a plain space";
            case "#":
                return "a comment starts with //";
            case ",":
                return "a comma too many";
            case "]" or "}" when fault.Open is { } open:
                return fault.Last == JsonTokenType.PropertyName
                    ? "the value of the key before this is missing"
                    : $"{rune} closes nothing here; the bracket that is open is the {open.Bracket} of line {open.Line}";
        }
        if (fault.Open is null && fault.Last != JsonTokenType.None)
        {
            return "something follows the end; the file holds one object { } and nothing after it";
        }
        if (afterValue && (rune.Value is '"' or '{' or '[' || Rune.IsLetterOrDigit(rune)))
        {
            return "a comma is missing before this";
        }
        if (!IsWordAt(rest))
        {
            return $"{rune} is not expected here";
        }
        var word = Word(rest);
        return inObject && fault.Last != JsonTokenType.PropertyName ? $"a key stands in double quotes: \"{word}\"" : NotAValue(word);
    }

    private static string NotAValue(string word) => word.ToUpperInvariant() switch
    {
        "TRUE" or "YES" or "ON" => $"{word} is not a value of JSON; write true",
        "FALSE" or "NO" or "OFF" => $"{word} is not a value of JSON; write false",
        "NULL" or "NONE" or "NIL" => $"{word} is not a value of JSON; write null",
        _ => $"{word} is not a value of JSON; a text stands in double quotes: \"{word}\"",
    };

    private static bool IsWordAt(ReadOnlySpan<byte> text) => !text.IsEmpty && IsWordByte(text[0]);

    private static string Word(ReadOnlySpan<byte> text)
    {
        var length = 0;
        while (length < text.Length && length < 40 && IsWordByte(text[length]))
        {
            length++;
        }
        return Encoding.ASCII.GetString(text[..length]);
    }

    private static bool IsWordByte(byte value) => char.IsAsciiLetterOrDigit((char)value) || value is (byte)'_' or (byte)'-' or (byte)'.';

    private static int SkipWhiteSpace(ReadOnlySpan<byte> text, int start)
    {
        while (start < text.Length && text[start] is (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n')
        {
            start++;
        }
        return start;
    }
}

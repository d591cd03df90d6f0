using LoadBalancer.Reactor.Http.Parsing;
using LoadBalancer.Reactor.Loops;

namespace LoadBalancer.Reactor.Http;

/// <summary>Writes the head that goes to the client from what was parsed; hop-by-hop fields stay behind.</summary>
internal static class ResponseHeadWriter
{
    /// <summary>What the fields that are added take at most.</summary>
    public const int Added = 128;

    /// <param name="output">Where to.</param>
    /// <param name="response">What was parsed.</param>
    /// <param name="head">The bytes that it is about.</param>
    /// <param name="isChunked">The body goes to the client in chunks.</param>
    /// <param name="connection">A Connection field's value, or nothing.</param>
    /// <param name="date">Of now, where the endpoint gave none (RFC 9110 section 6.6.1).</param>
    /// <param name="cookie">The value of a Set-Cookie field that is added, or nothing; room for it beside <see cref="Added"/> is <see cref="SessionCookie.RoomFor"/>.</param>
    public static void Write(ByteBuffer output, ResponseHead response, ReadOnlySpan<byte> head, bool isChunked, ReadOnlySpan<byte> connection, ReadOnlySpan<byte> date, string? cookie = null)
    {
        output.Write("HTTP/1.1 "u8);
        output.WriteDecimal(response.Status);
        output.Write((byte)' ');
        output.Write(response.Phrase.Of(head));
        output.Write("\r\n"u8);
        var hasDate = response.IsInterim;
        foreach (ref readonly var field in response.Table.Fields)
        {
            switch (field.Kind)
            {
                case FieldKind.Connection or FieldKind.HopByHop or FieldKind.TransferEncoding:
                case FieldKind.Upgrade when response.Status != 101:
                case FieldKind.Trailer when !isChunked:
                // No length may be given where no body ever is (RFC 9110 section 8.6).
                case FieldKind.ContentLength when response.IsInterim || response.Status == 204:
                    continue;
                case FieldKind.Date:
                    hasDate = true;
                    break;
                default:
                    break;
            }
            output.WriteField(field.Name.Of(head), field.Value.Of(head));
        }
        if (cookie is not null)
        {
            SessionCookie.Set(output, cookie, response, head);
        }
        if (!hasDate)
        {
            output.WriteField("Date"u8, date);
        }
        if (isChunked)
        {
            output.Write("Transfer-Encoding: chunked\r\n"u8);
        }
        if (!connection.IsEmpty)
        {
            output.WriteField("Connection"u8, connection);
        }
        output.Write("\r\n"u8);
    }
}

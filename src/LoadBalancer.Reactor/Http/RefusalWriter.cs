using System.Text;
using LoadBalancer.Core.Dispatching;
using LoadBalancer.Reactor.Loops;

namespace LoadBalancer.Reactor.Http;

/// <summary>Writes an answer of the balancer's own.</summary>
internal static class RefusalWriter
{
    public static void Write(ByteBuffer output, Refusal refusal, TimeSpan retryAfter, bool close, bool isHead, ReadOnlySpan<byte> date)
    {
        output.Write("HTTP/1.1 "u8);
        output.WriteDecimal(refusal.Status);
        output.Write((byte)' ');
        output.WriteAscii(refusal.Phrase);
        output.Write("\r\nDate: "u8);
        output.Write(date);
        output.Write("\r\nContent-Type: text/plain; charset=utf-8\r\nX-Content-Type-Options: nosniff\r\nX-Lb-Reason: "u8);
        output.WriteAscii(refusal.Reason);
        if (refusal.MayRetryLater)
        {
            output.Write("\r\nRetry-After: "u8);
            output.WriteDecimal(Refusal.RetryAfterSeconds(retryAfter));
        }
        if (refusal.Status == 405)
        {
            output.Write("\r\nAllow: GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"u8);
        }
        output.Write("\r\nContent-Length: "u8);
        output.WriteDecimal(Encoding.UTF8.GetByteCount(refusal.Text) + 5);
        output.Write(close ? "\r\nConnection: close\r\n\r\n"u8 : "\r\n\r\n"u8);
        if (!isHead)
        {
            output.WriteDecimal(refusal.Status);
            output.Write((byte)' ');
            output.Advance(Encoding.UTF8.GetBytes(refusal.Text, output.Free));
            output.Write((byte)'\n');
        }
    }
}

namespace LoadBalancer.Core.Model;

/// <summary>The form of a DNS name: labels of 1 to 63 letters, digits, '-' or '_', at most 253 characters (RFC 1035 section 2.3.4).</summary>
public static class DomainName
{
    /// <summary>True for "api", "api.example.com", "api.example.com." and "_api._tcp.example.com"; a name in another script must be in its xn-- form.</summary>
    public static bool IsValid(ReadOnlySpan<char> name)
    {
        if (name.EndsWith("."))
        {
            name = name[..^1];
        }
        if (name.Length is 0 or > 253)
        {
            return false;
        }
        foreach (var range in name.Split('.'))
        {
            if (!IsLabel(name[range]))
            {
                return false;
            }
        }
        return true;
    }

    private static bool IsLabel(ReadOnlySpan<char> label)
    {
        if (label.Length is 0 or > 63)
        {
            return false;
        }
        foreach (var c in label)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('-' or '_'))
            {
                return false;
            }
        }
        return true;
    }
}

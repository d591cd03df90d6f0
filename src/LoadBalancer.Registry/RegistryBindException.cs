using System.Net;

namespace LoadBalancer.Registry;

/// <summary>An address that the registry was to listen on cannot be had, most often because its port is taken.</summary>
public sealed class RegistryBindException : IOException
{
    /// <summary>Names the address and the option that moves it.</summary>
    public RegistryBindException(IPEndPoint endpoint, string optionName, Exception inner)
        : base($"The registry cannot listen on {endpoint}: {Reason(inner)} Free the port, or choose another address with {optionName}.", inner)
    {
        Endpoint = endpoint;
        OptionName = optionName;
    }

    /// <summary>The address that was asked for.</summary>
    public IPEndPoint Endpoint { get; }

    /// <summary>The property of <see cref="RegistryOptions"/> that moves it.</summary>
    public string OptionName { get; }

    private static string Reason(Exception inner)
    {
        var message = inner.GetBaseException().Message;
        return message.EndsWith('.') ? message : message + ".";
    }
}

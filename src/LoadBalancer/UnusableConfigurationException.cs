namespace LoadBalancer;

/// <summary>A configuration that is valid by itself cannot be put in force on this machine; the message names key and remedy.</summary>
internal class UnusableConfigurationException(string message, Exception inner) : Exception(message, inner);

namespace LoadBalancer.TestSupport;

/// <summary>The numbers of signals (signal(7)).</summary>
public static class Signals
{
    public const int HangUp = 1;
    public const int Kill = 9;
    public const int Terminate = 15;
    public const int Continue = 18;
    public const int Stop = 19;
}

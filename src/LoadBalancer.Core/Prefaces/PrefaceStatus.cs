namespace LoadBalancer.Core.Prefaces;

/// <summary>How far the reading of a preface is: of what comes on a connection before its protocol, or first in it.</summary>
public enum PrefaceStatus
{
    /// <summary>More bytes are needed.</summary>
    Incomplete,

    /// <summary>All of it is there.</summary>
    Complete,

    /// <summary>It is wrong, whatever comes.</summary>
    Malformed,
}

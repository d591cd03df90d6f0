namespace LoadBalancer.Soak.Messages;

/// <summary>What an endpoint does with a request beside answering it.</summary>
internal enum Act
{
    None,

    /// <summary>Says that it closes with the answer, and does.</summary>
    Close,

    /// <summary>Sends an interim answer before.</summary>
    Interim,

    /// <summary>Closes after the answer without having said so.</summary>
    CloseUnsaid,

    /// <summary>Answers before it has read the body.</summary>
    Early,

    /// <summary>Ends the connection instead of answering.</summary>
    CutBefore,

    /// <summary>Ends the connection in the middle of the answer's head.</summary>
    CutHead,

    /// <summary>Ends the connection in the middle of the answer's body.</summary>
    CutBody,

    /// <summary>Sends what is no answer.</summary>
    Garbage,
}

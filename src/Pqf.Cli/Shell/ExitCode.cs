namespace Pqf.Cli.Shell;

/// <summary>What the process returns. Documented in docs/commands.md.</summary>
enum ExitCode
{
    /// <summary>Done.</summary>
    Success = 0,

    /// <summary>A file is missing, damaged or unwritable, or what was asked cannot be done.</summary>
    Failure = 1,

    /// <summary>The command line or the configuration is wrong; nothing was started.</summary>
    Usage = 2,

    /// <summary>A bug in this program (BSD's EX_SOFTWARE).</summary>
    Bug = 70,

    /// <summary>Stopped by Ctrl-C (128 + SIGINT).</summary>
    Interrupted = 130,
}

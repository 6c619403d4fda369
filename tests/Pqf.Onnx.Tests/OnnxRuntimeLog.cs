using System.Runtime.CompilerServices;
using Microsoft.ML.OnnxRuntime;

namespace Pqf.Onnx.Tests;

/// <summary>What ONNX Runtime logs, at warning level and above.</summary>
static class OnnxRuntimeLog
{
    public static List<string> Messages { get; } = [];

    // Kept alive: native code calls it until the process ends.
    static readonly DOrtLoggingFunction Log = (_, severity, category, _, location, message) =>
    {
        if (severity >= OrtLoggingLevel.ORT_LOGGING_LEVEL_WARNING)
            Messages.Add($"{severity} {category} {location}: {message}");
    };

    /// <summary>The environment is made once in a process, before the first session.</summary>
    [ModuleInitializer]
    internal static void Attach()
    {
        var options = new EnvironmentCreationOptions
        {
            logId = "tests",
            logLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_WARNING,
            loggingFunction = Log,
        };
        OrtEnv.CreateInstanceWithOptions(ref options);
    }
}

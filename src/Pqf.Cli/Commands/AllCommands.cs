using System.Collections.Immutable;
using Pqf.Cli.Shell;

namespace Pqf.Cli.Commands;

/// <summary>The list of commands.</summary>
static class AllCommands
{
    /// <summary>In the order of the help.</summary>
    public static ImmutableArray<CommandEntry> Create()
    {
        ImmutableArray<CommandEntry> working =
        [
            DemoCommand.Create(),
            CompressCommand.Create(),
            TrainCommand.Create(),
            EvaluateCommand.Create(),
            TrainClassifierCommand.Create(),
            EvaluateClassifierCommand.Create(),
            TrainDetectorCommand.Create(),
            EvaluateDetectorCommand.Create(),
            ClassifyCommand.Create(),
            CompareCommand.Create(),
            DetectCommand.Create(),
            RunCommand.Create(),
            BenchCommand.Create(),
            InspectCommand.Create(),
            ConvertCommand.Create(),
            DevicesCommand.Create(),
        ];
        var config = ConfigCommand.Create(working);
        return [.. working, config, CompletionCommand.Create([.. working, config])];
    }
}

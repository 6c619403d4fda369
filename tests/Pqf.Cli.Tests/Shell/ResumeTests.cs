using System.Security.Cryptography;
using Pqf.Cli.Shell;
using Pqf.Testing;
using Xunit;

namespace Pqf.Cli.Tests.Shell;

/// <summary>What <c>--resume</c> names: a run in any of its forms resumes with the run's own settings, and what is no run is refused in one
/// line.</summary>
public sealed class ResumeTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public ResumeTests() => IdxFiles.Write(folder.File("idx"), 24, 12);

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("--resume", "{0}/run")]
    [InlineData("--resume", "{0}/run/states/1.state")]
    [InlineData("--output", "{0}/run", "--resume")]
    [InlineData("--output", "{0}/run", "--resume", "1")]
    [InlineData("--output", "{0}/run", "--resume", "{0}/run")]
    [InlineData("--output", "{0}/run", "--resume", "{0}/run/states/1.state")]
    [InlineData("--output", "{0}/run/", "--resume", "{0}/run")]
    [InlineData("--output", "{0}/run", "--resume", "{0}/./run//")]
    [InlineData("--output", "{0}/run/../run/", "--resume", "{0}/run/states/1.state")]
    [InlineData("--output", "{0}/linked", "--resume", "{0}/run/")]
    public void A_run_resumes_with_its_own_settings(params string[] arguments)
    {
        Train("--epochs", "2", "--learning_rate", "0.02");
        byte[] last = File.ReadAllBytes(folder.File("run/trained_models/2.pqf"));
        File.Delete(folder.File("run/states/2.state"));
        File.Delete(folder.File("run/trained_models/2.pqf"));
        Directory.CreateSymbolicLink(folder.File("linked"), folder.File("run"));
        var resumed = Cli.Run(["train", .. arguments.Select(Placed)]);
        Assert.True(resumed.Code == ExitCode.Success, resumed.Error);
        Assert.Equal(last, File.ReadAllBytes(folder.File("run/trained_models/2.pqf")));
    }

    [Theory]
    [InlineData("no folder or state {0}/nosuch; expected the folder of a run, or a number of epochs with --output DIR", "{0}/nosuch")]
    [InlineData(
        "{0}/run/states/1.state belongs to the run in {0}/run; expected that folder in --output, or none, got {0}/other",
        "{0}/run/states/1.state",
        "--output",
        "{0}/other"
    )]
    [InlineData("{0}/empty is empty; expected the folder of a run, which holds config.yaml and states", "{0}/empty")]
    [InlineData("{0}/idx holds no run; expected the folder of a run, which holds config.yaml and states", "{0}/idx")]
    [InlineData(
        "{0}/run/trained_models/best.pqf is a file, but not a state of a run; expected the folder of a run, or a .state file in its "
            + "folder states",
        "{0}/run/trained_models/best.pqf"
    )]
    [InlineData("{0}/idx holds no run; expected the folder of a run, which holds config.yaml and states", "1", "--output", "{0}/idx")]
    [InlineData(
        "{0}/nosuch does not exist; expected the folder of a run, which holds config.yaml and states",
        "1",
        "--output",
        "{0}/nosuch"
    )]
    [InlineData("{0}/idx holds no run; expected the folder of a run, which holds config.yaml and states", "{0}/idx", "--output", "{0}/x")]
    [InlineData("expected one folder, here or in --output, got {0}/run and {0}/other", "{0}/run", "--output", "{0}/other")]
    [InlineData("expected the folder of the run in --output, beside 1", "1")]
    public void What_is_no_run_is_refused_in_one_line(string expected, params string[] arguments)
    {
        Train("--epochs", "1");
        Directory.CreateDirectory(folder.File("empty"));
        var result = Cli.Run(["train", "--resume", .. arguments.Select(Placed)]);
        Assert.Equal((ExitCode.Usage, $"error: command line: --resume: {Placed(expected)}"), (result.Code, result.ErrorLine));
    }

    [Theory]
    [InlineData("--output", "{0}/run", "--resume", "7")]
    [InlineData("--resume", "{0}/run/states/7.state")]
    public void A_state_that_the_run_has_not_saved_is_named_with_those_that_it_has(params string[] arguments)
    {
        Train("--epochs", "1");
        Assert.Equal(
            $"error: {folder.File("run/states/7.state")}: not found; expected a state that the run has saved: 0, 1",
            Cli.Run(["train", .. arguments.Select(Placed)]).ErrorLine
        );
    }

    [Fact]
    public void A_run_resumes_with_the_network_that_it_began_with_and_no_other()
    {
        Train("--epochs", "1");
        string begun = folder.File("begun.pqf"),
            state = folder.File("next/states/1.state");
        File.Copy(folder.File("run/trained_models/best.pqf"), begun);
        string[] next = ["--output", folder.File("next"), "--model.compress", "false", "--data", folder.File("idx"), "--epochs", "1"];
        var started = Cli.Run(["train", begun, .. next]);
        Assert.True(started.Code == ExitCode.Success, started.Error);
        foreach (string other in (string[])[folder.File("run/trained_models/best.pqf"), folder.File("nosuch.pqf")])
        {
            var refused = Cli.Run("train", "--weights", other, "--resume", folder.File("next"), "--epochs", "2");
            Assert.Equal(
                (ExitCode.Usage, $"error: command line: --weights: expected {begun}, which the run began with, or none, got {other}"),
                (refused.Code, refused.ErrorLine)
            );
        }

        var resumed = Cli.Run("train", "--weights", begun, "--resume", folder.File("next"), "--epochs", "2");
        Assert.True(resumed.Code == ExitCode.Success, resumed.Error);
        Assert.True(File.Exists(state));
    }

    [Fact]
    public void A_run_that_is_complete_stays_as_it_is_but_for_its_report()
    {
        Train("--epochs", "1");
        string before = Contents("report.");
        var resumed = Cli.Run("train", "--resume", folder.File("run"));
        Assert.True(resumed.Code == ExitCode.Success, resumed.Error);
        Assert.Contains("is complete: epoch 1 of 1 is done", resumed.Error, StringComparison.Ordinal);
        Assert.Equal(before, Contents("report."));
    }

    /// <summary>A run whose states are gone does not begin again: that would write over its best network.</summary>
    [Theory]
    [InlineData("states: holds no state, although the run has saved some; expected a .state file to resume from.", "states")]
    [InlineData(
        "states: holds no state, although the run has saved some; expected a .state file to resume from.",
        "states",
        "trained_models"
    )]
    [InlineData("states: holds no state, although the run has saved some; expected a .state file to resume from.", "states", "tensorboard")]
    [InlineData("states: no state can be read (1.state); expected one that the run has saved.", "states/0.state", "states/1.state/cut")]
    [InlineData("states: no state can be read (0.state, 1.state); expected one that", "states/0.state/cut", "states/1.state/cut")]
    public void A_run_without_a_state_that_can_be_read_is_refused_and_left_as_it_is(string expected, params string[] damage)
    {
        Train("--epochs", "1");
        foreach (string part in damage)
            if (part.EndsWith("/cut", StringComparison.Ordinal))
                Cut(folder.File($"run/{part[..^4]}"));
            else if (Directory.Exists(folder.File($"run/{part}")))
                Directory.Delete(folder.File($"run/{part}"), true);
            else
                File.Delete(folder.File($"run/{part}"));
        string before = Contents();

        var resumed = Cli.Run("train", "--quiet", "--resume", folder.File("run"));

        Assert.Equal(ExitCode.Failure, resumed.Code);
        Assert.StartsWith($"error: {folder.File("run")}/{expected}", resumed.ErrorLine, StringComparison.Ordinal);
        Assert.EndsWith(" Nothing was written; to begin again, use another folder", resumed.ErrorLine, StringComparison.Ordinal);
        Assert.Equal(before, Contents());
    }

    [Fact]
    public void A_run_that_was_stopped_before_its_first_state_begins_and_says_so()
    {
        Train("--epochs", "1");
        byte[] last = File.ReadAllBytes(folder.File("run/trained_models/1.pqf"));
        foreach (string part in (string[])["states", "trained_models", "tensorboard"])
            Directory.Delete(folder.File($"run/{part}"), true);
        var resumed = Cli.Run("train", "--resume", folder.File("run"));
        Assert.True(resumed.Code == ExitCode.Success, resumed.Error);
        Assert.Contains("no epoch finished; starting at epoch 1\n", resumed.Error, StringComparison.Ordinal);
        Assert.Equal(last, File.ReadAllBytes(folder.File("run/trained_models/1.pqf")));
    }

    [Theory]
    [InlineData("{0}/run")]
    [InlineData("{0}/run/states/1.state")]
    public void A_run_without_its_settings_is_refused(string place)
    {
        Train("--epochs", "1");
        File.Delete(folder.File("run/config.yaml"));
        var resumed = Cli.Run("train", "--resume", Placed(place));
        Assert.Equal(
            (
                ExitCode.Usage,
                $"error: command line: --resume: {folder.File("run")} holds no config.yaml; expected the settings of the run there, or in "
                    + "--config FILE"
            ),
            (resumed.Code, resumed.ErrorLine)
        );
    }

    static void Cut(string path) => File.WriteAllBytes(path, File.ReadAllBytes(path)[..100]);

    string Contents(string except = "none") =>
        string.Join(
            '\n',
            Directory
                .GetFiles(folder.File("run"), "*", SearchOption.AllDirectories)
                .Where(path => !Path.GetFileName(path).StartsWith(except, StringComparison.Ordinal))
                .Order(StringComparer.Ordinal)
                .Select(path => $"{path} {Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(path)))}")
        );

    void Train(params string[] more)
    {
        var trained = TestImages.Train(folder, "run", ["--quiet", .. more]);
        Assert.True(trained.Code == ExitCode.Success, trained.Error);
    }

    string Placed(string text) => text.Replace("{0}", folder.Path, StringComparison.Ordinal);
}

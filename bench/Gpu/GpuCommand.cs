using System.Globalization;
using Pqf.Tensors;
using Pqf.Tensors.Devices;
using Pqf.Testing;
using Device = Pqf.Tensors.Devices.Device;

namespace Pqf.Bench.Gpu;

/// <summary><c>bench -- gpu</c>: everything that a card should be tried with, in one command that writes one report: the conformance
/// tests, what the card can do at most, products, whole networks, steps of training, clustering and detection, each against the host's
/// result.</summary>
/// <param name="DeviceName">As <c>pqf --device</c>; or <c>pocl</c>, an OpenCL device on the processor (Debian: pocl-opencl-icd).</param>
/// <param name="IsSmall">Sizes that an OpenCL device on the processor computes in a minute.</param>
/// <param name="WithTests">Whether the conformance tests run first, where they are built.</param>
/// <param name="ReportPath">Where the report goes.</param>
/// <param name="Sections">What is measured, of <see cref="AllSections"/>.</param>
sealed record GpuCommand(string DeviceName, bool IsSmall, bool WithTests, string ReportPath, string[] Sections)
{
    public const string Usage =
        "gpu [--device cuda|opencl|pocl] [--small] [--no-tests] [--sections products,networks,training,detection] [--report gpu-report.md]";

    static readonly string[] AllSections = ["products", "networks", "training", "detection"];

    const string PoclName = "pocl";

    /// <summary>Reads options; null if one is unknown.</summary>
    public static GpuCommand? Parse(ReadOnlySpan<string> arguments)
    {
        var command = new GpuCommand("auto", false, true, "gpu-report.md", AllSections);
        for (int i = 0; i < arguments.Length; i++)
            switch (arguments[i])
            {
                case "--small":
                    command = command with { IsSmall = true };
                    break;
                case "--no-tests":
                    command = command with { WithTests = false };
                    break;
                case "--device" when i + 1 < arguments.Length:
                    command = command with { DeviceName = arguments[++i] };
                    break;
                case "--report" when i + 1 < arguments.Length:
                    command = command with { ReportPath = arguments[++i] };
                    break;
                case "--sections" when i + 1 < arguments.Length && arguments[i + 1].Split(',').All(AllSections.Contains):
                    command = command with { Sections = arguments[++i].Split(',') };
                    break;
                default:
                    return null;
            }

        return command;
    }

    /// <summary>Runs all of it.</summary>
    /// <returns>0 if every result agrees with the host's; 1 if one does not, or there is no GPU.</returns>
    public int Run()
    {
        var found =
            DeviceName == PoclName
                ? Pocl.Open()
                : DeviceCatalog.Open(DeviceName).Match<Result<Device, string>>(device => device, error => error.Message);
        return found.Match(
            device =>
            {
                using (device)
                    return device is GpuDevice gpu ? Run(gpu) : NoGpu("expected a GPU, but this machine has the host alone");
            },
            NoGpu
        );
    }

    static int NoGpu(string problem)
    {
        Console.Error.WriteLine(problem);
        return 1;
    }

    int Run(GpuDevice gpu)
    {
        var report = new GpuReport();
        report.Line($"# {gpu.Name}");
        report.Line("");
        report.Line($"Pqf {typeof(GpuDevice).Assembly.GetName().Version!.ToString(3)}, {Results.Date}.");
        if (WithTests)
            GpuConformance.Run(report, DeviceName == PoclName ? PoclName : "cuda");
        using var host = new HostDevice(0);
        double peak = Peaks(gpu, report);
        foreach (string section in Sections)
            Run(section, gpu, host, report, peak);
        report.Line("");
        report.Line(report.IsRight ? "All results agree with the host's." : "SOME RESULTS ARE WRONG: see above.");
        report.Save(ReportPath);
        Console.WriteLine($"written to {ReportPath}");
        return report.IsRight ? 0 : 1;
    }

    void Run(string section, GpuDevice gpu, HostDevice host, GpuReport report, double peak)
    {
        switch (section)
        {
            case "products":
                GpuProducts.Run(gpu, host, report, peak, IsSmall);
                break;
            case "networks":
                GpuNetworks.Run(gpu, host, report, peak, IsSmall);
                break;
            case "training":
                GpuTraining.Run(gpu, host, report, peak, IsSmall);
                break;
            default:
                GpuDetection.Run(gpu, host, report, IsSmall);
                break;
        }
    }

    double Peaks(GpuDevice gpu, GpuReport report)
    {
        report.Heading("What the card can do");
        double peak = GpuPeaks.Gflops(gpu, IsSmall);
        report.Line($"- multiply-adds that touch registers only: {GpuReport.Number(peak / 1e3)} TFLOP/s");
        report.Line($"- copies of memory, read and written: {GpuReport.Number(GpuPeaks.Bandwidth(gpu, IsSmall))} GB/s");
        report.Line(
            $"- launches, one after another: {(1e3 * GpuPeaks.LaunchMs(gpu)).ToString("F2", CultureInfo.InvariantCulture)} µs each"
        );
        return peak;
    }
}

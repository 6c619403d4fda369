using System.Globalization;
using Pqf.Cli.Configuration;
using Pqf.Cli.Shell;
using Pqf.Compression.Jobs;
using Pqf.Compression.Model;
using Pqf.Nets.Execution;
using Pqf.Tensors;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Ops.Movement;
using Pqf.Testing;
using Xunit;

namespace Pqf.Cli.Tests.Commands;

public sealed class TrainedFileTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void A_trained_compressed_network_is_the_same_function_in_PyTorch()
    {
        TestNetworks.Write(folder.File("dense.safetensors"));
        TestNetworks.WriteImages(folder.File("images/train"), "0", "1");
        TestNetworks.WriteImages(folder.File("images/val"), "0", "1");
        var trained = Cli.Run([
            "train-resnet",
            "--weights",
            folder.File("dense.safetensors"),
            "--dataloader.imagenet_path",
            folder.File("images"),
            "--output",
            folder.File("out"),
            "--epochs",
            "1",
            "--model.compression_parameters.layer_specs.layer4.1.conv2.k",
            "300",
            .. TestNetworks.QuickSettings,
        ]);
        Assert.Equal((ExitCode.Success, ""), (trained.Code, trained.Error));
        string output = Python.Run(
            "torch, torchvision",
            """
            import sys, torch, torchvision
            state = torch.load(sys.argv[1])
            net = torchvision.models.resnet18(num_classes=10)
            dense = net.state_dict()
            wide = 0
            for name in dense:
                layer, kind = name.rsplit('.', 1)
                if layer + '.codes_matrix' in state:
                    if kind == 'weight':
                        codes, codebook = state.pop(layer + '.codes_matrix'), state.pop(layer + '.codebook')
                        assert codes.dtype in (torch.uint8, torch.int16) and codebook.dtype == torch.float16
                        wide += codes.dtype == torch.int16
                        dense[name] = codebook.float()[codes.long()].reshape(dense[name].shape)
                        continue
                if kind == 'running_mean': dense[name] = torch.zeros_like(dense[name])
                elif kind == 'running_var': dense[name] = torch.ones_like(dense[name])
                elif kind != 'num_batches_tracked': dense[name] = state.pop(name)
            assert not state and wide == 1, (list(state), wide)
            net.load_state_dict(dense)
            net.eval()
            x = torch.sin(torch.arange(2 * 3 * 32 * 32, dtype=torch.float64)).float().reshape(2, 3, 32, 32)
            with torch.no_grad(): print(*net(x).flatten().tolist())
            """,
            folder.File("out/trained_models/best.pth")
        );
        float[] expected =
        [
            .. output
                .Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)
                .Select(value => float.Parse(value, CultureInfo.InvariantCulture)),
        ];
        // Twenty layers, each a sum rounded in another order.
        Assert.InRange(Probe.Difference(expected, Logits(folder.File("out/trained_models/best.pth"))), 0, 1e-4);
        Assert.InRange(Probe.Difference(expected, Logits(folder.File("out/trained_models/best.pqf"))), 0, 1e-4);
    }

    static float[] Logits(string path)
    {
        using var device = new HostDevice();
        using var scope = device.BeginScope();
        var network = Network.Load(path, device).Value();
        // [N, C, H, W] of the script as [N, H, W, C].
        var images = ChannelOrder.ToChannelsLast(
            Tensor<float>.From(device, [2, 3, 32, 32], [.. Enumerable.Range(0, 2 * 3 * 32 * 32).Select(i => (float)Math.Sin(i))])
        );
        return InferencePlan.Compile(network.Graph, network.Parameters, device, images.Shape).Run(images).ToArray();
    }
}

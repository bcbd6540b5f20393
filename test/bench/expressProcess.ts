import type { AddressInfo } from 'node:net';
import express from 'express';
import { tellParent, whenTold } from '../support/child.js';

/** What a trigger would be that does nothing. */
const app = express();
app.all('/api/public/hooks/:id/:secret', (_req, res) => void res.json({ success: true }));
const server = app.listen(0, '127.0.0.1', () => tellParent({ port: (server.address() as AddressInfo).port }));
whenTold(() => {});
